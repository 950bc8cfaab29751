// What the store keeps of a room beyond what was said: a JSON object under the room's place.
#include "base/must.h"
#include "base/utf8.h"
#include "chat/flood_profile.h"
#include "chat/room.h"

#include <jansson.h>

static const char *const list_names[RULE_LISTS] = {
    [RULE_BANS] = "bans",
    [RULE_EXCEPTIONS] = "exceptions",
    [RULE_INVITATIONS] = "invitations",
};

static struct text text_value(const json_t *value)
{
    return (struct text){json_string_value(value), json_string_length(value)};
}

static int64_t number_member(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static json_t *json_text(struct text text)
{
    json_t *json = json_stringn(text.at, text.len);
    must(json);
    return json;
}

static json_t *list_json(const struct rule_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct rule_mask *mask = &list->at[i];
        json_array_append_new(array, json_pack("[o,o,I,I,o]", json_text(mask->mask),
                                               json_text(mask->by), (json_int_t)mask->set_ms,
                                               (json_int_t)mask->until_ms, json_text(mask->why)));
    }
    return array;
}

static json_t *ranks_json(const struct rules *rules)
{
    json_t *array = json_array();
    for (size_t i = 0; i < rules->rank_count; i++) {
        json_array_append_new(array, json_pack("[I,i]", (json_int_t)rules->ranks[i].account,
                                               (int)rules->ranks[i].ranks));
    }
    return array;
}

static void add_rules(json_t *object, const struct rules *rules)
{
    json_object_set_new(object, "flags", json_integer(rules->flags));
    json_object_set_new(object, "limit", json_integer(rules->limit));
    json_object_set_new(object, "slow_s", json_integer(rules->slow_s));
    if (*rules->flood) {
        json_object_set_new(object, "flood", json_string(rules->flood));
    }
    json_object_set_new(object, "key", json_text(rules->key));
    json_object_set_new(object, "created_ms", json_integer(rules->created_ms));
    json_object_set_new(object, "ranks", ranks_json(rules));
    for (size_t kind = 0; kind < RULE_LISTS; kind++) {
        json_object_set_new(object, list_names[kind], list_json(&rules->lists[kind]));
    }
}

void room_write(const struct room *room, const struct rules *rules, struct buf *out)
{
    json_t *object = json_object();
    json_object_set_new(object, "shown", json_text(room->shown));
    if (room->hidden.seq) {
        json_object_set_new(object, "hidden", json_integer((json_int_t)room->hidden.seq));
        json_object_set_new(object, "hidden_ms", json_integer(room->hidden.ms));
    }
    if (rules && rules->kept) {
        add_rules(object, rules);
    } else if (rules && rules_are_closed(rules)) {
        json_object_set_new(object, "closed", json_true());
    }
    char *json = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    must(json && buf_add(out, text_of(json)));
    free(json);
    json_decref(object);
}

static void read_list(struct rules *rules, enum rule_list_kind kind, const json_t *array)
{
    size_t i;
    json_t *one;
    json_array_foreach(array, i, one)
    {
        struct rule_mask mask = {
            .mask = text_value(json_array_get(one, 0)),
            .by = text_value(json_array_get(one, 1)),
            .why = text_value(json_array_get(one, 4)),
            .set_ms = json_integer_value(json_array_get(one, 2)),
            .until_ms = json_integer_value(json_array_get(one, 3)),
        };
        if (mask_is_good(mask.mask)) {
            rules_add(rules, kind, &mask);
        }
    }
}

static void read_ranks(struct rules *rules, const json_t *array)
{
    size_t i;
    json_t *one;
    json_array_foreach(array, i, one)
    {
        uint64_t account = (uint64_t)json_integer_value(json_array_get(one, 0));
        unsigned ranks = (unsigned)json_integer_value(json_array_get(one, 1));
        for (unsigned rank = RANK_VOICE; rank <= RANK_FOUNDER; rank <<= 1) {
            if (account && (ranks & rank)) {
                rules_set_rank(rules, account, (enum rank)rank, true);
            }
        }
    }
}

static struct rules *read_rules(const json_t *object)
{
    struct rules *rules = rules_create(number_member(object, "created_ms"));
    rules->kept = true;
    rules->flags = (uint32_t)number_member(object, "flags");
    rules->limit = (uint32_t)number_member(object, "limit");
    rules->slow_s = (uint32_t)number_member(object, "slow_s");
    struct text flood = text_value(json_object_get(object, "flood"));
    if (flood_name_is_good(flood)) {
        rules_set_flood(rules, flood);
    }
    rules_set_key(rules, utf8_cut(text_value(json_object_get(object, "key")), RULE_KEY_MAX));
    read_ranks(rules, json_object_get(object, "ranks"));
    for (size_t kind = 0; kind < RULE_LISTS; kind++) {
        read_list(rules, (enum rule_list_kind)kind, json_object_get(object, list_names[kind]));
    }
    return rules;
}

static struct rules *closed_rules(bool kept)
{
    struct rules *rules = rules_create(0);
    rules->flags = RULE_INVITE_ONLY;
    rules->kept = kept;
    return rules;
}

bool room_read(struct room *room, struct text json)
{
    json_t *object = json_loadb(json.at, json.len, 0, NULL);
    if (!json_is_object(object)) {
        json_decref(object);
        room->rules = closed_rules(true); // until somebody who runs the server looks at it
        return false;
    }
    struct text shown = text_value(json_object_get(object, "shown"));
    if (shown.len) {
        text_replace(&room->shown, shown);
    }
    room->hidden.seq = (uint64_t)number_member(object, "hidden");
    room->hidden.ms = number_member(object, "hidden_ms");
    if (json_is_array(json_object_get(object, "ranks"))) {
        room->rules = read_rules(object);
    } else if (json_is_true(json_object_get(object, "closed"))) {
        room->rules = closed_rules(false);
    }
    json_decref(object);
    return true;
}
