#include "server/setting_valid.h"

#include "base/utf8.h"
#include "chat/flood_profile.h"
#include "net/handshake.h"
#include "net/net.h"

bool listener_valid(struct text value, struct buf *why)
{
    struct listen_uri uri;
    const char *sentence = "";
    if (listen_uri_parse(value, &uri, &sentence)) {
        return true;
    }
    buf_add(why, text_of(sentence));
    return false;
}

bool address_valid(struct text value, struct buf *why)
{
    struct net_trust *trust = net_trust_create();
    bool valid = net_trust_add(trust, value);
    net_trust_destroy(trust);
    if (!valid) {
        buf_add(why, TEXT("An address stands as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32."));
    }
    return valid;
}

bool origin_valid(struct text value, struct buf *why)
{
    if (text_equal(value, TEXT("*")) || handshake_is_origin(value)) {
        return true;
    }
    buf_add(why, TEXT("An origin stands as https://web.example.org or http://192.0.2.7:8080, "
                      "without a path; * stands for all."));
    return false;
}

// No more than `max` bytes, which a terminal shows as they are.
static bool is_line(struct text value, size_t max)
{
    struct buf visible;
    buf_init(&visible, 4 * max);
    bool valid = value.len <= max && utf8_valid(value) &&
                 utf8_add_visible(&visible, value, false) && text_equal(buf_text(&visible), value);
    buf_finish(&visible);
    return valid;
}

bool name_valid(struct text value, struct buf *why)
{
    if (value.len > 0 && is_line(value, 64)) {
        return true;
    }
    buf_add(why, TEXT("The name has 1 to 64 bytes of UTF-8 and no control characters."));
    return false;
}

bool folder_valid(struct text value, struct buf *why)
{
    if (value.len > 0 && value.len < 3000) {
        return true;
    }
    buf_add(why, TEXT("Name a folder, such as /var/lib/hobnob."));
    return false;
}

bool path_valid(struct text value, struct buf *why)
{
    if (value.len > 0 && value.len < 3000) {
        return true;
    }
    buf_add(why, TEXT("Name a file with its whole path, such as /etc/hobnob/fullchain.pem."));
    return false;
}

bool sentence_valid(struct text value, struct buf *why)
{
    if (is_line(value, 200)) {
        return true;
    }
    buf_add(why, TEXT("It has at most 200 bytes of UTF-8 and no control characters."));
    return false;
}

bool flood_name_valid(struct text value, struct buf *why)
{
    if (flood_name_is_good(value)) {
        return true;
    }
    buf_printf(why, "A flood profile has a name of 1 to %d small letters, digits and -.",
               FLOOD_NAME_MAX);
    return false;
}

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 200 };

bool password_valid(struct text value, struct buf *why)
{
    if (value.len < PASSWORD_MIN) {
        buf_printf(why, "A password of %zu bytes is too short: it has at least %d.", value.len,
                   PASSWORD_MIN);
        return false;
    }
    if (!is_line(value, PASSWORD_MAX) || text_trim(value).len != value.len) {
        buf_printf(why,
                   "A password has at most %d bytes of UTF-8, no control characters, and no blank "
                   "at its ends.",
                   PASSWORD_MAX);
        return false;
    }
    return true;
}

bool operator_valid(struct text value, struct buf *why)
{
    struct text name = text_head(value, text_find(value, ':'));
    if (name.len == value.len || !name.len || text_find(name, ' ') < name.len ||
        !is_line(name, 64)) {
        buf_add(why, TEXT("An operator stands as NAME:PASSWORD; the name has 1 to 64 bytes and no "
                          "blanks."));
        return false;
    }
    return password_valid(text_skip(value, name.len + 1), why);
}
