// The last messages of an occupied room, so that joining and history meet without a seam.
#pragma once
#include "store/store.h"

enum { RECENT_MESSAGES_MAX = 100, RECENT_BYTES_MAX = 64 * 1024 };

struct recent {
    struct message *ring[RECENT_MESSAGES_MAX]; // owned copies, oldest at `first`
    uint32_t first;
    uint32_t count;
    size_t bytes;
};

struct recent *recent_create(void);
void recent_destroy(struct recent *recent); // NULL is allowed
// Copies; lets the oldest go beyond the limits.
void recent_add(struct recent *recent, const struct message *message);
// Lets those go that are older; what is dated later than `now_ms` is as old as what follows it.
void recent_forget(struct recent *recent, int64_t before_ms, int64_t now_ms);
// Makes a message a MESSAGE_DELETED: NULL if it is not among them.
const struct message *recent_delete(struct recent *recent, uint64_t id);
// message_erase() of all of them.
void recent_erase(struct recent *recent, struct identity who, struct text name);
// The message of this id; NULL if it is not among them.
const struct message *recent_find(const struct recent *recent, uint64_t id);
// The i-th, 0 being the oldest kept.
const struct message *recent_at(const struct recent *recent, uint32_t i);
