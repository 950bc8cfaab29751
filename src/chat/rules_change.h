// Changes of a room's rules, and of who is what in it. What is being changed is a draft: a copy of
// the room's rules with the changes that came before and are not kept yet. The draft becomes the
// room's rules when it is kept; until then what either of the two forbids is forbidden.
#pragma once
#include "chat/change.h"
#include "chat/rules.h"

struct core;
struct member;
struct user;

// What comes after the change, in its session's name: `done` if it holds. Frees itself.
struct sequel {
    void (*run)(struct sequel *, struct session *session, struct room *room, bool done);
};

struct rules_change {
    struct change change;
    struct rules *draft;
    struct rank_change {
        uint32_t user;
        uint64_t account; // 0: a guest
        enum rank rank;
        bool on;
    } * ranks; // of those who are in
    size_t rank_count;
    struct text modes;     // owned: what the room is told: "+ov Bob Ann"; empty: nothing
    struct sequel *sequel; // NULL: none
    uint64_t founder;      // the account whose the room becomes; 0: none
    bool releases;         // the room becomes nobody's
    bool goes_on;          // nothing is said if it cannot be kept: its sequel says what is
};

struct rules_change *rules_change_begin(struct session *session, struct room *room);
// Nothing is changed.
void rules_change_drop(struct rules_change *change);
// Has the room told `modes`, and all of it kept if the room's rules are; frees it.
void rules_change_end(struct rules_change *change, struct text modes);

// What a member is, with the change; and another rank.
uint8_t rules_change_ranks(const struct rules_change *change, const struct member *member);
void rules_change_rank(struct rules_change *change, const struct member *member, enum rank rank,
                       bool on);

// What a member is without the ranks that changes on their way to the store take away.
uint8_t rules_change_left(const struct member *member);

// An account is no more, the room is nobody's, or what a mask says has ended: that holds for what
// is being changed, too.
void rules_drafts_forget(struct room *room, uint64_t account, struct text name,
                         const char *instead);
void rules_drafts_release(struct room *room);
void rules_drafts_expire(struct room *room, enum rule_list_kind kind, struct text mask,
                         int64_t now_ms);
