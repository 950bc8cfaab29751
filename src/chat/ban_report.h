// What is told of a ban to whoever makes it.
#pragma once
#include "chat/bans.h"

// As session_ban(). Appends sentences that say what is done, whom it puts out, and whom not; none
// where the room is told it all, and none if it is not done.
enum mode_result session_ban_report(struct session *session, const struct ban *ban,
                                    enum refusal *why, struct buf *out);
// Appends the names of those whom it would hit, as ban_each_hit() finds them: "Ann, Bob"; how many.
size_t ban_add_hits(struct session *session, const struct ban *ban, struct text mask,
                    enum ban_for whom, struct buf *out);
