// A head is asked for until it is whole; what is bad stays bad, and nothing of what is given out
// holds a byte that would end a line or a list. What answers a handshake is a head of its own.
#include "base/must.h"
#include "net/handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { PREFIXES_MAX = 200 };

static bool within(struct text part, struct text whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static bool is_clean(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (strchr("\r\n\x7f\xff", t.at[i])) { // and NUL
            return false;
        }
    }
    return true;
}

static void check_head(const struct http_head *head, struct text whole)
{
    must(head->method.len && head->target.len && (head->old || head->host.len));
    must(within(head->method, whole) && is_clean(head->method));
    must(within(head->target, whole) && is_clean(head->target));
    must(within(head->host, whole) && is_clean(head->host));
    must(head->count <= HTTP_HEADERS && http_head_count(head, TEXT("Content-Length")) <= 1);
    for (size_t i = 0; i < head->count; i++) {
        const struct http_header *h = &head->headers[i];
        must(h->name.len && within(h->name, whole) && is_clean(h->name));
        must(within(h->value, whole) && is_clean(h->value));
        struct http_list list = {0};
        struct text member;
        while (http_list_next(head, h->name, &list, &member)) {
            must(member.len && within(member, whole) && text_find(member, ',') == member.len);
            must(http_list_has(head, h->name, member));
        }
    }
}

static void check_answer(const struct http_head *head)
{
    enum { LINES_MIN = 5 };
    struct buf out;
    bool binary = false;
    size_t ends = 0;
    buf_init(&out, 4096);
    enum close_reason refused = handshake_answer(head, "http://a.example", &binary, &out);
    struct text answer = buf_text(&out);
    must((answer.len > 0) == (refused == CLOSE_REASON_COUNT) && !out.overflow);
    for (size_t i = 0; i < answer.len; i++) {
        ends += answer.at[i] == '\n';
    }
    bool chosen = ends == LINES_MIN + 1;
    must(answer.len == 0 || ends == LINES_MIN || chosen);
    must(!binary || chosen);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct text t = {(const char *)bytes, len};
    struct text rest = t;
    struct http_head head;
    enum http_parsed whole = http_head_parse(&rest, &head);
    must(rest.at + rest.len == t.at + t.len && (whole == HTTP_OK) == (rest.len < t.len));
    if (whole == HTTP_OK) {
        check_head(&head, text_head(t, len - rest.len));
        check_answer(&head);
    }
    enum http_parsed last = HTTP_MORE;
    size_t step = 1 + len / PREFIXES_MAX;
    for (size_t i = 0; i < len; i += step) {
        struct text prefix = text_head(t, i);
        enum http_parsed now = http_head_parse(&prefix, &head);
        must(last == HTTP_MORE || now == last);
        must(now == HTTP_MORE || now == whole);
        must(now != HTTP_OK || i >= len - rest.len);
        must(prefix.len == (now == HTTP_OK ? i - (len - rest.len) : i));
        last = now;
    }
    return 0;
}
