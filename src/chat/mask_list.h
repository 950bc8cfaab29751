// Lists of masks that people are held against: bans, exceptions, invitations. A mask is
//   name!login@host     the host as others see it, or an address or a range of them (10.0.0.0/8)
//   ~a:account          an account; ~a alone: whoever has one
//   ~m:mask             of those the mask is for, what they say; for nothing else
#pragma once
#include "base/address.h"
#include "base/buf.h"

struct actor;

struct rule_mask {
    struct text mask; // owned
    struct text by;   // owned; who has set it
    struct text why;  // owned; empty: no reason was given
    int64_t set_ms;
    int64_t until_ms;           // when it ends; 0: never
    struct address_range range; // the mask's host, where it is an address
    bool has_range;
};

struct rule_list {
    struct rule_mask *at;
    size_t count;
};

enum { RULE_MASK_BYTES_MAX = 200, RULE_WHY_BYTES_MAX = 100 };

// Makes name!login@host of what a person wrote: "bob", "*@host", "bob!*", "10.0.0.0/8".
void mask_complete(struct text written, struct buf *out);
// Whether it is short enough, and text.
bool mask_is_good(struct text mask);
// Whether it says something of addresses, which not everybody may know.
bool mask_has_address(struct text mask);
// Whether it is for what people say only.
bool mask_is_for_speech(struct text mask);

// Adds a copy of what mask_is_good(), without its range. False if the mask is there already or the
// list has `most`.
bool rule_list_add(struct rule_list *list, size_t most, const struct rule_mask *mask);
// Removes it; false if it was not there.
bool rule_list_remove(struct rule_list *list, struct text mask);
// Removes what has ended; whether there was any.
bool rule_list_expire(struct rule_list *list, int64_t now_ms);
// Whether `wanted` has another end than `mask`, or another reason if it has any.
bool rule_mask_differs(const struct rule_mask *mask, const struct rule_mask *wanted);
const struct rule_mask *rule_list_find(const struct rule_list *list, struct text mask);
// The first that is for this person and has not ended; NULL: none. With `speech` those that are
// for what people say as well.
const struct rule_mask *rule_list_match(const struct rule_list *list, const struct actor *actor,
                                        bool speech, int64_t now_ms);
// Makes an empty list, whatever is there, a copy.
void rule_list_copy(struct rule_list *copy, const struct rule_list *list);
void rule_list_finish(struct rule_list *list);
