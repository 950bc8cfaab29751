// A room's rules in words, for people who know no letters: what plain people are told, and what
// the audit log keeps.
#pragma once
#include "chat/mask_list.h"

struct room;
struct rules;

// Whom a mask is for: "Bob", "the account Bob", "everybody from 10.0.0.0/8".
void mask_say(struct text mask, struct buf *out);
// How long it is for when it is set, and why: " for 10 minutes: spam".
void mask_say_term(const struct rule_mask *mask, struct buf *out);

// What is left of changes such as "+ov-l Bob Ann"; begun with {.letters = …, .values = …}.
struct mode_walk {
    struct text letters;
    struct text values;
    bool on;
};
struct mode_change {
    char letter;
    bool on;
    struct text value;
};
struct mode_walk mode_walk_begin(struct text changes);
// The next one; false if there is none.
bool mode_walk_next(struct mode_walk *walk, struct mode_change *change);

// "has made Bob an operator of #den"; nothing for a letter that there is not, and no password.
void mode_say(const struct mode_change *change, struct text room, struct buf *out);
// All of them, which these rules of the room have: "has banned Bob from #den for 10 minutes: spam;
// has hidden #den from lists".
void modes_say(const struct room *room, const struct rules *rules, struct text changes,
               struct buf *out);
// Of changes that are one ban its term; else nothing.
void modes_say_term(const struct rules *rules, struct text changes, struct buf *out);
