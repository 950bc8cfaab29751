#include "store/store.h"

#include "base/must.h"

#include <string.h>

size_t message_bytes(const struct message *m)
{
    return m->place.len + m->place_shown.len + m->sender_name.len + m->sender_mask.len +
           m->tags.len + m->recipient_name.len + m->text.len;
}

bool identity_equal(struct identity a, struct identity b)
{
    return a.number == b.number && a.account == b.account;
}

void message_erase(struct message *message, struct identity who, struct text name)
{
    if (identity_equal(message->sender, who)) {
        bool is_topic = message->kind == MESSAGE_TOPIC;
        message->kind = is_topic ? MESSAGE_TOPIC : MESSAGE_DELETED;
        message->text = is_topic ? message->text : TEXT("");
        message->tags = TEXT("");
        message->sender = (struct identity){0};
        message->sender_name = name;
        message->sender_mask = TEXT("");
    }
    if (identity_equal(message->recipient, who)) {
        message->recipient_name = name;
    }
}

static struct text put(char **at, struct text t)
{
    struct text copy = {*at, t.len};
    if (t.len) {
        memcpy(*at, t.at, t.len);
    }
    *at += t.len;
    return copy;
}

struct message *message_copy(const struct message *message)
{
    struct message *copy = mem_alloc(sizeof *copy + message_bytes(message));
    char *at = (char *)(copy + 1);
    *copy = *message;
    copy->place = put(&at, message->place);
    copy->place_shown = put(&at, message->place_shown);
    copy->sender_name = put(&at, message->sender_name);
    copy->sender_mask = put(&at, message->sender_mask);
    copy->tags = put(&at, message->tags);
    copy->recipient_name = put(&at, message->recipient_name);
    copy->text = put(&at, message->text);
    return copy;
}

struct record *record_copy(const struct record *record)
{
    struct record *copy =
        mem_alloc(sizeof *copy + record->kind.len + record->key.len + record->value.len);
    char *at = (char *)(copy + 1);
    copy->kind = put(&at, record->kind);
    copy->key = put(&at, record->key);
    copy->value = put(&at, record->value);
    return copy;
}

bool store_place_stays(struct text place)
{
    return text_starts(place, TEXT("!"));
}
