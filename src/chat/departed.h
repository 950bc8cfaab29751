// Who was here under a name and has left it: the newest of them, for WHOWAS.
#pragma once
#include "chat/event.h"

struct core;

enum { DEPARTED_MAX = 200 };

struct departed {
    struct actor actor;  // owned
    struct text key;     // folded name; owned
    struct text address; // owned; for operators
    int64_t left_ms;
};

struct departed_ring {
    struct departed *at; // DEPARTED_MAX of them, made with the first
    size_t next;
    size_t count;
};

void departed_add(struct departed_ring *ring, const struct actor *actor, struct text key,
                  struct text address, int64_t now_ms);
// The newest of that folded name before position `after` (0: from the newest on); NULL if there
// is none. Positions count from 1.
const struct departed *departed_find(const struct departed_ring *ring, struct text key,
                                     size_t *after);
// Forgets all who were logged in to this account.
void departed_forget(struct departed_ring *ring, struct text account);
void departed_finish(struct departed_ring *ring);
