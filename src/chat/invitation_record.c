// What the store keeps of an invitation: a JSON object under the digest of its code.
#include "base/buf.h"
#include "base/must.h"
#include "chat/invitations.h"

#include <jansson.h>

void invitation_write(const struct invitation *one, struct buf *out)
{
    json_t *object = json_pack(
        "{s:s%, s:s%, s:I, s:I, s:I}", "place", one->place.len ? one->place.at : "", one->place.len,
        "by", one->by.len ? one->by.at : "", one->by.len, "uses", (json_int_t)one->uses, "made_ms",
        (json_int_t)one->made_ms, "until_ms", (json_int_t)one->until_ms);
    char *json = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    must(json && buf_add(out, text_of(json)));
    free(json);
    json_decref(object);
}

bool invitation_parse(struct text json, struct invitation *one)
{
    json_t *object = json_loadb(json.at, json.len, 0, NULL);
    const json_t *place = json_object_get(object, "place");
    const json_t *by = json_object_get(object, "by");
    json_int_t uses = json_integer_value(json_object_get(object, "uses"));
    bool read = json_is_string(place) && uses > 0 && uses <= INVITATION_USES_MAX;
    if (read) {
        one->place = text_own((struct text){json_string_value(place), json_string_length(place)});
        one->by = text_own((struct text){json_string_value(by), json_string_length(by)});
        one->uses = (uint32_t)uses;
        one->made_ms = json_integer_value(json_object_get(object, "made_ms"));
        one->until_ms = json_integer_value(json_object_get(object, "until_ms"));
    }
    json_decref(object);
    return read;
}
