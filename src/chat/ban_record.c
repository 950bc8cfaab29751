// What the store keeps of a ban of the server: a JSON object under its mask.
#include "base/must.h"
#include "chat/bans.h"

#include <jansson.h>

static json_t *json_text(struct text text)
{
    json_t *json = json_stringn(text.len ? text.at : "", text.len);
    must(json);
    return json;
}

void ban_write(const struct rule_mask *ban, struct buf *out)
{
    json_t *object =
        json_pack("{s:o, s:o, s:I, s:I}", "by", json_text(ban->by), "why", json_text(ban->why),
                  "set_ms", (json_int_t)ban->set_ms, "until_ms", (json_int_t)ban->until_ms);
    char *json = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    must(json && buf_add(out, text_of(json)));
    free(json);
    json_decref(object);
}

static struct text own_member(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    return text_own((struct text){json_string_value(member), json_string_length(member)});
}

bool ban_read(struct text json, struct rule_mask *ban)
{
    json_t *object = json_loadb(json.at, json.len, 0, NULL);
    const json_t *until = json_object_get(object, "until_ms");
    bool read = json_is_integer(until);
    ban->by = own_member(object, "by");
    ban->why = own_member(object, "why");
    ban->set_ms = json_integer_value(json_object_get(object, "set_ms"));
    ban->until_ms = json_integer_value(until);
    json_decref(object);
    return read;
}

void ban_read_finish(struct rule_mask *ban)
{
    text_disown(ban->by);
    text_disown(ban->why);
}
