#include "base/ascii_json.h"

#include <stdlib.h>

bool ascii_json_add(const json_t *value, struct buf *out)
{
    size_t from = out->len;
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
    struct text left = text_of(dumped);
    bool fits = dumped != NULL;
    while (fits && left.len) {
        // The one that jansson leaves; outside of strings there is none.
        size_t end = text_find(left, 0x7f);
        fits = buf_add(out, text_head(left, end));
        fits = fits && (end == left.len || buf_add(out, TEXT("\\u007f")));
        left = text_skip(left, end + 1);
    }
    if (!fits) {
        buf_cut(out, from);
    }
    free(dumped);
    return fits;
}
