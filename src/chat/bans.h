// Keeping people out of a room, or out of the server: bans for a time or for good. Those of a room
// are its rules' (chat/rules.h, chat/modes.h); those of the server are records of the store, and
// for its moderators. No ban is for those who keep order: the server's moderators, and in a room
// its operators.
#pragma once
#include "chat/modes.h"

struct core;
struct record;
struct user;

struct ban {
    struct room *room; // NULL: the whole server
    struct text who;   // as written: somebody's name, an account's, or a mask
    struct text why;   // empty: no reason
    int64_t for_ms;    // 0: for good
    bool by_address;   // not by name but by the address that somebody who is online comes from
    bool speech;       // from speaking only
};

enum { SERVER_BANS_MAX = 1000 };

// How long: "90s", "10m", "2h", "7d", "4w"; false if it is none of that.
bool ban_time(struct text written, int64_t *ms);
// Whether a word was meant for a time rather than for a reason: a number, alone or with one letter,
// or with letters of which the first is a unit ("10min", "1h30m").
bool ban_time_is_meant(struct text word);

// Appends the mask that the ban is for: of somebody with an account that account, of others the
// name. MODE_NOBODY: by the address of somebody who is not online.
enum mode_result ban_mask(const struct session *session, const struct ban *ban, struct buf *out);
// Calls `hit` for everybody online whom it would keep out, or from speaking; or for those whom it
// would, if they did not keep order and were not exempted.
enum ban_for { BAN_HITS, BAN_SPARES };
typedef void ban_hit(void *context, const struct user *user);
void ban_each_hit(struct session *session, const struct ban *ban, struct text mask,
                  enum ban_for whom, ban_hit *hit, void *context);
// Bans, and puts out whom it hits. MODE_CHANGED: there was that ban already, with another end or
// reason. MODE_REFUSED: `why` says for which reason.
enum mode_result session_ban(struct session *session, const struct ban *ban, enum refusal *why);
// Lifts what session_ban() has made of the same words.
enum mode_result session_unban(struct session *session, const struct ban *ban, enum refusal *why);

// The server's, without those that have ended.
const struct rule_list *server_bans(struct core *core);

// For the core's parts. The ban that keeps the session from being here under this name; NULL: none.
const struct rule_mask *session_ban_of(const struct session *session, struct text name,
                                       struct text login);
// Appends how long it is for, and why: " until 2026-01-02 15:30 UTC: spam".
void ban_add_end(const struct rule_mask *ban, struct buf *out);
// What is told of it: "You are banned from this server until 2026-01-02 15:30 UTC: spam".
void ban_say(const struct rule_mask *ban, struct buf *out);
// A record of the kind BAN_KIND. One that cannot be understood (false) is a ban for good.
#define BAN_KIND "ban"
bool ban_load(struct core *core, const struct record *record);
// ban_record.c: the JSON of its value, and what it says (false: nothing that can be understood).
void ban_write(const struct rule_mask *ban, struct buf *out);
bool ban_read(struct text json, struct rule_mask *ban);
void ban_read_finish(struct rule_mask *ban);
