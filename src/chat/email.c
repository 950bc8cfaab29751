#include "chat/email.h"

#include "base/utf8.h"

static bool has_no_empty_label(struct text domain)
{
    size_t label = text_find(domain, '.');
    while (label > 0 && label < domain.len) {
        domain = text_skip(domain, label + 1);
        label = text_find(domain, '.');
    }
    return label > 0;
}

static bool is_shown_as_it_is(struct text email)
{
    struct buf shown;
    buf_init(&shown, EMAIL_BYTES_MAX);
    bool same = utf8_add_visible(&shown, email, false) && text_equal(buf_text(&shown), email);
    buf_finish(&shown);
    return same;
}

bool email_is_good(struct text email)
{
    size_t at = text_find(email, '@');
    struct text domain = text_skip(email, at + 1);
    return email.len <= EMAIL_BYTES_MAX && at > 0 && at <= EMAIL_LOCAL_BYTES_MAX &&
           has_no_empty_label(domain) && text_find(domain, '@') == domain.len &&
           text_find(email, ' ') == email.len && is_shown_as_it_is(email);
}
