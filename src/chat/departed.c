#include "chat/departed.h"

#include "base/must.h"

static void disown(struct departed *departed)
{
    actor_disown(&departed->actor);
    text_disown(departed->key);
    text_disown(departed->address);
}

void departed_add(struct departed_ring *ring, const struct actor *actor, struct text key,
                  struct text address, int64_t now_ms)
{
    if (!ring->at) {
        ring->at = mem_array(DEPARTED_MAX, sizeof *ring->at);
    }
    struct departed *slot = &ring->at[ring->next];
    if (ring->count == DEPARTED_MAX) {
        disown(slot);
    } else {
        ring->count++;
    }
    *slot = (struct departed){actor_own(actor), text_own(key), text_own(address), now_ms};
    ring->next = (ring->next + 1) % DEPARTED_MAX;
}

const struct departed *departed_find(const struct departed_ring *ring, struct text key,
                                     size_t *after)
{
    while (*after < ring->count) {
        ++*after;
        const struct departed *departed =
            &ring->at[(ring->next + DEPARTED_MAX - *after) % DEPARTED_MAX];
        if (text_equal(departed->key, key)) {
            return departed;
        }
    }
    return NULL;
}

void departed_forget(struct departed_ring *ring, struct text account)
{
    for (size_t i = 0; i < ring->count; i++) {
        struct departed *departed = &ring->at[i];
        if (text_equal(departed->actor.account, account)) {
            disown(departed);
            *departed = (struct departed){.key = text_own(TEXT(""))}; // nobody is called so
        }
    }
}

void departed_finish(struct departed_ring *ring)
{
    for (size_t i = 0; i < ring->count; i++) {
        disown(&ring->at[i]);
    }
    free(ring->at);
}
