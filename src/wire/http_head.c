#include "wire/http_head.h"

static bool is_alphanumeric(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

static bool is_one_of(char byte, const char *set)
{
    return byte && strchr(set, byte);
}

bool http_is_token_byte(char byte)
{
    return is_alphanumeric(byte) || is_one_of(byte, "!#$%&'*+-.^_`|~");
}

static bool is_target_byte(char byte)
{
    return byte > ' ' && byte < 0x7F;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

// 0xFF stands in no UTF-8, and telnet's commands begin with it.
static bool is_value_byte(char byte)
{
    unsigned char code = (unsigned char)byte;
    return (code >= ' ' || byte == '\t') && code != 0x7F && code != 0xFF;
}

// RFC 3986, 3.2: a host and a port, and nobody's name before it.
static bool is_host_byte(char byte)
{
    return is_alphanumeric(byte) || is_one_of(byte, "-._~%!$&'()*+;=:[]");
}

static bool all(struct text t, bool (*belongs)(char byte))
{
    size_t len = 0;
    while (len < t.len && belongs(t.at[len])) {
        len++;
    }
    return t.len > 0 && len == t.len;
}

static struct text trim_blanks(struct text t)
{
    while (t.len && is_blank(*t.at)) {
        t = text_skip(t, 1);
    }
    while (t.len && is_blank(t.at[t.len - 1])) {
        t.len--;
    }
    return t;
}

static enum http_parsed take_line(struct text *rest, struct text *line)
{
    size_t end = text_find(*rest, '\n');
    if (end == rest->len) {
        return HTTP_MORE;
    }
    if (end == 0 || rest->at[end - 1] != '\r') {
        return HTTP_BAD;
    }
    *line = text_head(*rest, end - 1);
    *rest = text_skip(*rest, end + 1);
    return HTTP_OK;
}

static enum http_parsed parse_version(struct text version, struct http_head *head)
{
    bool formed = version.len == 8 && text_starts(version, TEXT("HTTP/")) && version.at[6] == '.' &&
                  is_alphanumeric(version.at[5]) && is_alphanumeric(version.at[7]) &&
                  version.at[5] <= '9' && version.at[7] <= '9';
    head->old = formed && version.at[7] == '0';
    return !formed ? HTTP_BAD : version.at[5] == '1' ? HTTP_OK : HTTP_VERSION;
}

static enum http_parsed parse_request(struct text line, struct http_head *head)
{
    size_t method_len = text_find(line, ' ');
    head->method = text_head(line, method_len);
    line = text_skip(line, method_len + 1);
    size_t target_len = text_find(line, ' ');
    head->target = text_head(line, target_len);
    if (!all(head->method, http_is_token_byte) || !all(head->target, is_target_byte)) {
        return HTTP_BAD;
    }
    return parse_version(text_skip(line, target_len + 1), head);
}

static enum http_parsed parse_header(struct text line, struct http_head *head)
{
    size_t colon = text_find(line, ':');
    struct http_header header = {text_head(line, colon), trim_blanks(text_skip(line, colon + 1))};
    bool good = colon < line.len && all(header.name, http_is_token_byte) &&
                (header.value.len == 0 || all(header.value, is_value_byte));
    if (!good) {
        return HTTP_BAD;
    }
    if (head->count == HTTP_HEADERS) {
        return HTTP_TOO_LONG;
    }
    head->headers[head->count++] = header;
    return HTTP_OK;
}

static enum http_parsed check_host(struct http_head *head)
{
    static const struct text name = TEXT_INIT("Host");
    const struct http_header *host = http_head_only(head, name);
    head->host = host ? host->value : TEXT("");
    bool absent = head->old && http_head_count(head, name) == 0;
    return absent || all(head->host, is_host_byte) ? HTTP_OK : HTTP_BAD;
}

// RFC 9112, 6.3: no two ways of saying where the body ends.
static enum http_parsed check_body(struct http_head *head)
{
    static const struct text length_name = TEXT_INIT("Content-Length");
    size_t lengths = http_head_count(head, length_name);
    bool coded = http_head_count(head, TEXT("Transfer-Encoding")) > 0;
    const struct http_header *length = http_head_only(head, length_name);
    uint64_t bytes = 0;
    bool good =
        lengths == 0 || (lengths == 1 && !coded && text_number(length->value, UINT64_MAX, &bytes));
    head->has_body = coded || bytes > 0;
    return good && !(coded && head->old) ? HTTP_OK : HTTP_BAD;
}

static enum http_parsed check_whole(struct http_head *head)
{
    enum http_parsed host = check_host(head);
    return host == HTTP_OK ? check_body(head) : host;
}

static enum http_parsed parse_lines(struct text *rest, struct http_head *head)
{
    struct text line;
    enum http_parsed parsed = take_line(rest, &line);
    if (parsed == HTTP_OK) {
        parsed = parse_request(line, head);
    }
    while (parsed == HTTP_OK) {
        parsed = take_line(rest, &line);
        if (parsed == HTTP_OK && line.len == 0) {
            return check_whole(head);
        }
        if (parsed == HTTP_OK) {
            parsed = parse_header(line, head);
        }
    }
    return parsed;
}

enum http_parsed http_head_parse(struct text *input, struct http_head *head)
{
    struct text rest = text_head(*input, HTTP_HEAD_BYTES);
    bool cut = rest.len < input->len;
    head->method = head->target = head->host = TEXT("");
    head->old = head->has_body = false;
    head->count = 0;
    enum http_parsed parsed = parse_lines(&rest, head);
    if (parsed == HTTP_OK) {
        *input = text_skip(*input, (size_t)(rest.at - input->at));
    }
    return parsed == HTTP_MORE && cut ? HTTP_TOO_LONG : parsed;
}

size_t http_head_count(const struct http_head *head, struct text name)
{
    size_t count = 0;
    for (size_t i = 0; i < head->count; i++) {
        count += text_equal_nocase(head->headers[i].name, name);
    }
    return count;
}

const struct http_header *http_head_only(const struct http_head *head, struct text name)
{
    const struct http_header *only = NULL;
    for (size_t i = 0; i < head->count; i++) {
        if (text_equal_nocase(head->headers[i].name, name)) {
            if (only) {
                return NULL;
            }
            only = &head->headers[i];
        }
    }
    return only;
}

bool http_list_next(const struct http_head *head, struct text name, struct http_list *list,
                    struct text *member)
{
    *member = TEXT("");
    while (member->len == 0) {
        while (list->rest.len == 0) {
            if (list->header == head->count) {
                return false;
            }
            const struct http_header *header = &head->headers[list->header++];
            list->rest = text_equal_nocase(header->name, name) ? header->value : TEXT("");
        }
        size_t len = text_find(list->rest, ',');
        *member = trim_blanks(text_head(list->rest, len));
        list->rest = text_skip(list->rest, len + 1);
    }
    return true;
}

bool http_list_has(const struct http_head *head, struct text name, struct text member)
{
    struct http_list list = {0};
    struct text one;
    bool found = false;
    while (!found && http_list_next(head, name, &list, &one)) {
        found = text_equal_nocase(one, member);
    }
    return found;
}
