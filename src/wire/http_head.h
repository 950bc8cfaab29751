// The head of an HTTP/1.1 request (RFC 9110, RFC 9112): its line and headers, up to the empty line.
// Stricter than a server has to be, since whatever two readers may take in two ways is refused:
// bare CR or LF, folded headers, blanks before a colon, NUL and 0xFF, two Hosts or lengths.
// Allocates nothing.
#pragma once
#include "base/text.h"

enum { HTTP_HEAD_BYTES = 16384, HTTP_HEADERS = 64 };

enum http_parsed {
    HTTP_OK,
    HTTP_MORE,     // it is not whole
    HTTP_BAD,      // it is no request as HTTP defines it, or a bare "GET /" of HTTP/0.9: 400
    HTTP_VERSION,  // of a version other than 1.x: 505
    HTTP_TOO_LONG, // more than HTTP_HEAD_BYTES or HTTP_HEADERS: 431
};

// Whether a token may have it (RFC 9110, 5.6.2).
bool http_is_token_byte(char byte);

struct http_header {
    struct text name;
    struct text value; // without blanks around it
};

// Texts point into what was parsed.
struct http_head {
    struct text method;
    struct text target;
    struct text host; // empty with HTTP/1.0 alone
    bool old;         // HTTP/1.0
    bool has_body;    // something is to follow the head
    size_t count;
    struct http_header headers[HTTP_HEADERS];
};

// Reads a head at the start of `input` and on HTTP_OK moves `input` behind it. What is wrong is
// said as soon as the line that it stands in is whole; what was wrong stays so when more has come.
// Each call reads from the start: call it again when a line end has come.
enum http_parsed http_head_parse(struct text *input, struct http_head *head);

// The only header of that name (in any case); NULL if there is none, or more than one.
const struct http_header *http_head_only(const struct http_head *head, struct text name);
// How many headers have that name.
size_t http_head_count(const struct http_head *head, struct text name);

// Steps through the members of a list that may stand in several headers (RFC 9110, 5.6.1): false at
// the end. Begin with a zeroed `list`.
struct http_list {
    size_t header; // the next one to look at
    struct text rest;
};
bool http_list_next(const struct http_head *head, struct text name, struct http_list *list,
                    struct text *member);
// Whether `member` is in such a list, in any case.
bool http_list_has(const struct http_head *head, struct text name, struct text member);
