// Events, history and names as plain people read them.
#pragma once
#include "chat/protocol.h"

void plain_render(const struct event *event, uint32_t options, struct buf *out);
// The time, and the room where it has to be told.
void plain_add_stamp(const struct event *event, uint32_t options, struct buf *out);
// `[SYSTEM] ` and a sentence, for one session.
void plain_say(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Appends what somebody wrote so that a terminal obeys none of it, and without the codes with
// which IRC clients format text.
void plain_add_visible(struct buf *out, struct text text);

// The welcome, with the names of those online and the room's last lines.
void plain_welcome(struct session *session, struct room *room);
// The room's last lines alone; nothing if there are none.
void plain_add_recent(struct session *session, struct room *room, struct buf *out);
void plain_page(struct session *session, const struct page *page);
// A list_part (chat/reading.h) of all names, or of a room's.
bool plain_list_part(struct session *session, struct text room_name, struct buf *from,
                     struct buf *out);
