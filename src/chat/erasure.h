// The end of an account: nobody logs in to it any more, all of its sessions end, what it has said
// becomes tombstones, message by message, and then what else is known of it goes. An account that
// is being erased has ACCOUNT_ERASING in its record: what the end of the server interrupts goes on
// at the next start. One is erased at a time.
#pragma once
#include "chat/errand.h"
#include "chat/recent.h"

// The password of who wants to drop an account is right, or not.
void erasure_checked(struct errand *errand, bool matches);
// The account's record with ACCOUNT_ERASING is kept, or (-errno) is not; and at the end, without
// the account, its record is gone, or not.
void erasure_recorded(struct errand *errand, int error);
// An answer of the store to the erasure that is under way.
void erasure_answered(struct core *core, const struct store_answer *answer);
// Erases from what a room remembers those whose accounts are no more: it may have been read from
// the store before that, and come after it.
void erasure_of_recent(const struct core *core, struct recent *recent);
// Goes on with what was interrupted. At start.
void erasure_resume(struct core *core);
void erasure_destroy(struct core *core);
