// What IRC says of people: who is shown to whom, and their hosts, addresses and lists of names.
#pragma once
#include "chat/session.h"

// Whether a session is shown a user among others: of a room, or (NULL) of all.
bool irc_sees(const struct session *session, const struct user *user, const struct room *room);
// Whether the session's user and another are in a room together.
bool irc_shares_room(const struct session *session, const struct user *user);

// The login as masks show it.
struct text irc_login(const struct actor *actor);
// What stands for the address: the part of a mask behind '@'.
void irc_add_host(struct buf *out, const struct actor *actor);
// The address of a user as far as the session may know it: its own, and operators everybody's;
// empty for others.
struct text irc_address(const struct session *session, const struct user *user);
// An address as it can stand in a line; `none` where it is empty.
void irc_add_address(struct buf *out, struct text address, const char *none);
int64_t irc_idle_s(const struct session *session, const struct user *user);

// A list that becomes as many numerics as it takes: "word word" or "word,word" behind a colon.
struct irc_list {
    struct session *session;
    int number;
    char between;
    struct buf head; // what stands before the colon in each line
    struct buf line;
};
void irc_list_init(struct irc_list *list, struct session *session, int number, char between);
void irc_list_add(struct irc_list *list, struct text word);
// Sends what is left: nothing, unless `even_empty`, if there was no word.
void irc_list_finish(struct irc_list *list, bool even_empty);
