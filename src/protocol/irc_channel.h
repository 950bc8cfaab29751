// What the files about channels share.
#pragma once
#include "chat/rights.h"

// The channel of this name; NULL after a 403.
struct room *irc_need_channel(struct session *session, struct text name);
// The numeric that says why not; for messages always 404.
void irc_refuse(struct session *session, const struct room *room, enum refusal why);
void irc_refuse_to_send(struct session *session, const struct room *room, enum refusal why);
// Takes the next of a list separated by commas.
struct text irc_next_target(struct text *list);
// Leaves a channel; the client is told.
void irc_part(struct session *session, struct room *room, struct text why);
