#include "chat/recent.h"

#include "base/must.h"

#include <stdlib.h>

struct recent *recent_create(void)
{
    return mem_alloc(sizeof(struct recent));
}

static void drop_oldest(struct recent *recent)
{
    struct message *oldest = recent->ring[recent->first];
    recent->bytes -= sizeof *oldest + message_bytes(oldest);
    free(oldest);
    recent->first = (recent->first + 1) % RECENT_MESSAGES_MAX;
    recent->count--;
}

void recent_destroy(struct recent *recent)
{
    if (recent) {
        while (recent->count) {
            drop_oldest(recent);
        }
        free(recent);
    }
}

void recent_add(struct recent *recent, const struct message *message)
{
    size_t size = sizeof *message + message_bytes(message);
    while (recent->count &&
           (recent->count == RECENT_MESSAGES_MAX || recent->bytes + size > RECENT_BYTES_MAX)) {
        drop_oldest(recent);
    }
    recent->ring[(recent->first + recent->count) % RECENT_MESSAGES_MAX] = message_copy(message);
    recent->count++;
    recent->bytes += size;
}

static bool is_too_old(const struct recent *recent, int64_t before_ms, int64_t now_ms)
{
    uint32_t i = 0;
    while (i < recent->count && recent_at(recent, i)->time_ms > now_ms) {
        i++;
    }
    return i < recent->count && recent_at(recent, i)->time_ms < before_ms;
}

void recent_forget(struct recent *recent, int64_t before_ms, int64_t now_ms)
{
    while (is_too_old(recent, before_ms, now_ms)) {
        drop_oldest(recent);
    }
}

// Returns the copy of `message` that stands there then.
static const struct message *replace(struct recent *recent, struct message **at,
                                     const struct message *message)
{
    struct message *copy = message_copy(message);
    recent->bytes += message_bytes(copy) - message_bytes(*at);
    free(*at);
    *at = copy;
    return copy;
}

const struct message *recent_delete(struct recent *recent, uint64_t id)
{
    for (uint32_t i = 0; i < recent->count; i++) {
        struct message **at = &recent->ring[(recent->first + i) % RECENT_MESSAGES_MAX];
        if ((*at)->id != id) {
            continue;
        }
        struct message deleted = **at;
        deleted.kind = MESSAGE_DELETED;
        deleted.text = TEXT("");
        deleted.tags = TEXT("");
        return replace(recent, at, &deleted);
    }
    return NULL;
}

void recent_erase(struct recent *recent, struct identity who, struct text name)
{
    for (uint32_t i = 0; i < recent->count; i++) {
        struct message **at = &recent->ring[(recent->first + i) % RECENT_MESSAGES_MAX];
        struct message erased = **at;
        message_erase(&erased, who, name);
        replace(recent, at, &erased);
    }
}

const struct message *recent_find(const struct recent *recent, uint64_t id)
{
    for (uint32_t i = recent->count; i > 0; i--) {
        if (recent_at(recent, i - 1)->id == id) {
            return recent_at(recent, i - 1);
        }
    }
    return NULL;
}

const struct message *recent_at(const struct recent *recent, uint32_t i)
{
    must(i < recent->count);
    return recent->ring[(recent->first + i) % RECENT_MESSAGES_MAX];
}
