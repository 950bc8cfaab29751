#include "chat/recent.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

static struct text place_text(char **at, struct text t)
{
    struct text placed = {*at, t.len};
    if (t.len) {
        memcpy(*at, t.at, t.len);
    }
    *at += t.len;
    return placed;
}

static size_t texts_size(const struct message *m)
{
    return m->place.len + m->place_shown.len + m->sender_name.len + m->recipient_name.len +
           m->text.len;
}

struct message *message_copy(const struct message *message)
{
    struct message *copy = mem_alloc(sizeof *copy + texts_size(message));
    *copy = *message;
    char *at = (char *)(copy + 1);
    copy->place = place_text(&at, message->place);
    copy->place_shown = place_text(&at, message->place_shown);
    copy->sender_name = place_text(&at, message->sender_name);
    copy->recipient_name = place_text(&at, message->recipient_name);
    copy->text = place_text(&at, message->text);
    return copy;
}

struct recent *recent_create(void)
{
    return mem_alloc(sizeof(struct recent));
}

static void drop_oldest(struct recent *recent)
{
    struct message *oldest = recent->ring[recent->first];
    recent->bytes -= sizeof *oldest + texts_size(oldest);
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
    size_t size = sizeof *message + texts_size(message);
    while (recent->count &&
           (recent->count == RECENT_MESSAGES_MAX || recent->bytes + size > RECENT_BYTES_MAX)) {
        drop_oldest(recent);
    }
    recent->ring[(recent->first + recent->count) % RECENT_MESSAGES_MAX] = message_copy(message);
    recent->count++;
    recent->bytes += size;
}

const struct message *recent_at(const struct recent *recent, uint32_t i)
{
    must(i < recent->count);
    return recent->ring[(recent->first + i) % RECENT_MESSAGES_MAX];
}
