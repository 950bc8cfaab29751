#include "support/stream.h"

#include <inttypes.h>

enum { NOBODY = UINT32_MAX, STREAM_MAX = 1 << 30, PARTLY_MAX = 16 << 20 };
// Marks an entry of `seen` as a number of lines that were missed.
static const uint64_t missed = 1ull << 63;

void stream_init(struct stream *stream)
{
    *stream = (struct stream){0};
    buf_init(&stream->bytes, STREAM_MAX);
}

void reader_init(struct reader *reader, size_t number)
{
    *reader = (struct reader){.number = number};
    buf_init(&reader->partly, PARTLY_MAX);
}

static uint64_t hash_of(struct text line)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < line.len; i++) {
        hash = (hash ^ (unsigned char)line.at[i]) * 1099511628211u;
    }
    return hash & ~missed;
}

static struct stream_line line_read(const struct stream *s, struct text text)
{
    struct stream_line line = {.hash = hash_of(text), .sender = NOBODY};
    uint64_t due_us;
    char start[400]; // tags may stand in front
    text = text_head(text, sizeof start - 1);
    snprintf(start, sizeof start, "%.*s", TEXT_ARG(text));
    const char *said = strstr(start, ": say ");
    if (said && sscanf(said, ": say %u %u %" SCNu64, &line.sender, &line.number, &due_us) == 3) {
        line.due_us = s->start_us + due_us;
    } else {
        line.sender = NOBODY;
    }
    return line;
}

static bool is_full(size_t count)
{
    return (count & (count - 1)) == 0;
}

static void count_latency(struct latency *latency, uint64_t due_us, uint64_t now)
{
    if (due_us) {
        latency_add(latency, now > due_us ? now - due_us : 0);
    }
}

static void stream_add(struct stream *s, struct text bytes, uint64_t now)
{
    size_t from = s->bytes.len;
    buf_add(&s->bytes, bytes);
    const char *newline;
    while ((newline = memchr(s->bytes.at + from, '\n', s->bytes.len - from))) {
        size_t end = (size_t)(newline - s->bytes.at) + 1;
        size_t begin = s->line_count ? s->lines[s->line_count - 1].end : 0;
        struct stream_line line = line_read(s, (struct text){s->bytes.at + begin, end - begin});
        line.end = end;
        count_latency(&s->first, line.due_us, now);
        if (is_full(s->line_count)) {
            size_t size = s->line_count ? 2 * s->line_count : 1;
            s->lines = realloc(s->lines, size * sizeof *s->lines);
        }
        s->lines[s->line_count++] = line;
        from = end;
    }
}

static void follow(struct stream *s, struct reader *r, struct text bytes, uint64_t now)
{
    size_t known = s->bytes.len - r->at;
    size_t both = bytes.len < known ? bytes.len : known;
    if (both && memcmp(s->bytes.at + r->at, bytes.at, both) != 0) {
        fault("member %zu got other bytes than the first one, near byte %zu of the stream: %.*s",
              r->number, r->at, TEXT_ARG(text_head(bytes, 60)));
    }
    if (both < bytes.len) {
        stream_add(s, text_skip(bytes, both), now);
    }
    r->at += bytes.len;
    while (r->line < s->line_count && s->lines[r->line].end <= r->at) {
        count_latency(&s->latency, s->lines[r->line++].due_us, now);
    }
}

static void note(struct reader *r, uint64_t seen)
{
    if (is_full(r->seen_count)) {
        r->seen = realloc(r->seen, (r->seen_count ? 2 * r->seen_count : 1) * sizeof *r->seen);
    }
    r->seen[r->seen_count++] = seen;
}

static void careful_line(struct stream *s, struct reader *r, struct text text, uint64_t now)
{
    static const struct text notice =
        TEXT_INIT("[SYSTEM] You did not read for a while and missed ");
    if (text_starts(text, notice)) {
        uint64_t lines = strtoull(text.at + notice.len, NULL, 10);
        note(r, lines | missed);
        s->notices++;
        s->missed_lines += lines;
        return;
    }
    struct stream_line line = line_read(s, text);
    note(r, line.hash);
    if (!r->is_late) {
        count_latency(&s->latency, line.due_us, now);
    }
}

static void follow_carefully(struct stream *s, struct reader *r, struct text bytes, uint64_t now)
{
    buf_add(&r->partly, bytes);
    struct text rest = buf_text(&r->partly);
    size_t end;
    while ((end = text_find(rest, '\n')) < rest.len) {
        careful_line(s, r, text_head(rest, end + 1), now);
        rest = text_skip(rest, end + 1);
    }
    buf_drop(&r->partly, r->partly.len - rest.len);
}

void stream_take(struct stream *stream, struct reader *reader, struct text bytes, uint64_t now)
{
    if (bytes.len && reader->careful) {
        follow_carefully(stream, reader, bytes, now);
    } else if (bytes.len) {
        follow(stream, reader, bytes, now);
    }
}

void stream_check(const struct stream *stream, uint32_t messages, uint32_t senders)
{
    uint32_t *next = calloc(senders, sizeof *next);
    uint32_t shown = 0;
    for (size_t i = 0; i < stream->line_count; i++) {
        const struct stream_line *line = &stream->lines[i];
        if (line->sender == NOBODY) {
            continue;
        }
        shown++;
        if (line->sender >= senders || line->number != next[line->sender]) {
            fault("message %u of sender %u is in the wrong place", line->number, line->sender);
        } else {
            next[line->sender]++;
        }
    }
    if (shown != messages) {
        fault("%u messages were sent and %u shown", messages, shown);
    }
    free(next);
}

static size_t next_message(const struct stream *s, size_t line)
{
    while (line < s->line_count && s->lines[line].sender == NOBODY) {
        line++;
    }
    return line;
}

void stream_check_order(const struct stream *one, const struct stream *other)
{
    size_t i = next_message(one, 0);
    size_t j = next_message(other, 0);
    while (i < one->line_count && j < other->line_count) {
        const struct stream_line *a = &one->lines[i];
        const struct stream_line *b = &other->lines[j];
        if (a->sender != b->sender || a->number != b->number) {
            fault("message %u of sender %u stands where others have message %u of sender %u",
                  b->number, b->sender, a->number, a->sender);
            return;
        }
        i = next_message(one, i + 1);
        j = next_message(other, j + 1);
    }
}

static size_t skip_own(const struct stream *s, const struct reader *r, size_t line)
{
    while (line < s->line_count && s->lines[line].sender == r->number) {
        line++;
    }
    return line;
}

static void check_careful(const struct stream *s, const struct reader *r)
{
    size_t line = 0;
    for (size_t i = 0; i < r->seen_count; i++) {
        if (r->seen[i] & missed) {
            line += r->seen[i] & ~missed;
            continue;
        }
        line = skip_own(s, r, line);
        if (line >= s->line_count || s->lines[line].hash != r->seen[i]) {
            fault("member %zu got line %zu of the stream wrong", r->number, line);
            return;
        }
        line++;
    }
    line = skip_own(s, r, line);
    if (line != s->line_count) {
        fault("member %zu got %zu of %zu lines", r->number, line, s->line_count);
    }
}

void reader_check(const struct stream *stream, const struct reader *reader)
{
    if (reader->careful) {
        check_careful(stream, reader);
    } else if (reader->at != stream->bytes.len) {
        fault("member %zu got %zu of %zu bytes", reader->number, reader->at, stream->bytes.len);
    }
}
