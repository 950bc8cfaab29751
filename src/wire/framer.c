#include "wire/framer.h"

#include "base/must.h"

enum start { START_NOTHING, START_LONE, START_KNOWN };

enum telnet {
    TELNET_DATA,
    TELNET_CR,     // the last byte of data was CR
    TELNET_CR_NUL, // it was CR NUL, which ended a line: LF would be the same end
    TELNET_IAC,
    TELNET_OPTION,
    TELNET_DO,
    TELNET_SUB,
    TELNET_SUB_IAC,
};

enum { SE = 240, SB = 250, WILL = 251, DO = 253, DONT = 254, IAC = 255 };
enum { TIMING_MARK = 6 };

// Bytes that may stand behind the text of a line that is not too long: CR NUL.
enum { END_BYTES = 2 };

void framer_init(struct framer *f, size_t max_line, bool skip_telnet)
{
    *f = (struct framer){.max_line = max_line, .skip_telnet = skip_telnet};
    buf_init(&f->in, SIZE_MAX / 4);
}

void framer_finish(struct framer *f)
{
    if (f) {
        buf_finish(&f->in);
    }
}

// Gives taken memory back, and keeps no more than about twice what waits: thousands of
// idle peers may each have sent half a line behind a large read.
static void framer_settle(struct framer *f)
{
    struct text rest = framer_rest(f);
    if (f->in.size > 2 * (rest.len + 64)) {
        struct buf fitting;
        buf_init(&fitting, f->in.max);
        if (rest.len) {
            buf_add(&fitting, rest);
        }
        buf_finish(&f->in);
        f->in = fitting;
    } else if (rest.len) {
        buf_drop(&f->in, f->taken);
    } else {
        buf_finish(&f->in);
    }
    f->taken = 0;
}

static void add_data(struct framer *f, struct text data)
{
    struct text rest = data;
    size_t end = text_find(rest, '\n');
    while (end < rest.len && f->since_end + end <= FRAMER_ENDLESS_BYTES) {
        f->seen_line_end = true;
        f->since_end = 0;
        rest = text_skip(rest, end + 1);
        end = text_find(rest, '\n');
    }
    f->since_end += end;
    if (f->since_end > FRAMER_ENDLESS_BYTES) {
        f->endless = true;
        data.len -= rest.len;
    }
    buf_add(&f->in, data);
}

// How many bytes from here on are data and no matter for telnet_byte().
static size_t data_run(const struct framer *f, struct text bytes)
{
    if (!f->skip_telnet) {
        return bytes.len;
    }
    if (f->telnet > TELNET_CR || (f->telnet == TELNET_CR && *bytes.at == '\0')) {
        return 0;
    }
    size_t len = text_find(bytes, (char)IAC);
    for (size_t at = 0; at < len; at++) {
        at += text_find(text_head(text_skip(bytes, at), len - at), '\0');
        if (at > 0 && at < len && bytes.at[at - 1] == '\r') {
            return at;
        }
    }
    return len;
}

static enum telnet after_data(struct text data)
{
    return data.at[data.len - 1] == '\r' ? TELNET_CR : TELNET_DATA;
}

static enum telnet command(struct framer *f, unsigned char byte)
{
    char both[] = {(char)IAC, (char)byte};
    if (byte == IAC) {
        add_data(f, (struct text){both, 1});
        return TELNET_DATA;
    }
    if (byte < SE) {
        // No command: an 0xFF that is not telnet's, and a line end may follow it.
        struct text data = {both, 2};
        add_data(f, data);
        return after_data(data);
    }
    if (byte == DO) {
        return TELNET_DO;
    }
    return byte >= WILL && byte <= DONT ? TELNET_OPTION : byte == SB ? TELNET_SUB : TELNET_DATA;
}

// What the input stands at after a byte that is not plain data.
static enum telnet telnet_byte(struct framer *f, unsigned char byte)
{
    switch ((enum telnet)f->telnet) {
    case TELNET_DATA:
    case TELNET_CR:
        if (byte == IAC) {
            return TELNET_IAC;
        }
        add_data(f, TEXT("\n"));
        return TELNET_CR_NUL;
    case TELNET_CR_NUL:
        if (byte != '\n' && byte != IAC) {
            struct text data = {&(char){(char)byte}, 1};
            add_data(f, data);
            return after_data(data);
        }
        return byte == IAC ? TELNET_IAC : TELNET_DATA;
    case TELNET_IAC:
        return command(f, byte);
    case TELNET_DO:
        f->marks += byte == TIMING_MARK;
        return TELNET_DATA;
    case TELNET_OPTION:
        return TELNET_DATA;
    case TELNET_SUB:
        return byte == IAC ? TELNET_SUB_IAC : TELNET_SUB;
    case TELNET_SUB_IAC:
        return byte == SE ? TELNET_DATA : TELNET_SUB;
    }
    return TELNET_DATA;
}

static void add_telnet_byte(struct framer *f, unsigned char byte)
{
    size_t before = f->in.len;
    f->telnet = (unsigned char)telnet_byte(f, byte);
    // An endless sequence is an endless line.
    if (f->in.len == before && ++f->since_end > FRAMER_ENDLESS_BYTES) {
        f->endless = true;
    }
}

// A single character, which may be several bytes of UTF-8.
static bool is_single(struct text data)
{
    size_t starts = 0;
    for (size_t i = 0; i < data.len && i < 5; i++) {
        starts += ((unsigned char)data.at[i] & 0xC0) != 0x80;
    }
    return data.len <= 4 && starts <= 1;
}

static void note_start(struct framer *f, struct text data)
{
    if (data.len == 0) {
        return;
    }
    if (f->start == START_NOTHING) {
        f->start = is_single(data) ? START_LONE : START_KNOWN;
    } else if (f->start == START_LONE) {
        f->single_bytes = is_single(data);
        f->start = START_KNOWN;
    }
}

void framer_feed(struct framer *f, struct text bytes)
{
    must(f->cut == FRAMED_NOTHING);
    if (f->taken) {
        framer_settle(f);
    }
    size_t before = f->in.len;
    while (bytes.len && !f->endless) {
        size_t run = data_run(f, bytes);
        if (run) {
            struct text data = text_head(bytes, run);
            add_data(f, data);
            f->telnet = (unsigned char)(f->skip_telnet ? after_data(data) : TELNET_DATA);
        } else {
            add_telnet_byte(f, (unsigned char)*bytes.at);
        }
        bytes = text_skip(bytes, run ? run : 1);
    }
    note_start(f, text_skip(buf_text(&f->in), before));
}

static struct text without_end(struct text line)
{
    if (line.len && line.at[line.len - 1] == '\r') {
        return text_head(line, line.len - 1);
    }
    if (line.len > 1 && memcmp(line.at + line.len - 2, "\r", 2) == 0) {
        return text_head(line, line.len - 2);
    }
    return line;
}

// A line is over: gives it as `kind`, or says that it was too long.
static enum framed deliver(struct framer *f, enum framed kind, struct text whole, struct text *line)
{
    bool fits = f->skipped == 0 && whole.len <= f->max_line;
    f->skipped = 0;
    f->searched = 0;
    if (fits) {
        *line = whole;
    }
    return fits ? kind : FRAMED_TOO_LONG;
}

// No line end is in sight.
static enum framed wait_for_more(struct framer *f)
{
    f->searched = framer_rest(f).len;
    if (f->searched > f->max_line + END_BYTES || f->endless) {
        f->skipped += f->searched;
        f->taken += f->searched;
        f->searched = 0;
    }
    framer_settle(f);
    if (f->endless && !f->given_up) {
        f->given_up = true;
        return FRAMED_ENDLESS;
    }
    return FRAMED_NOTHING;
}

static bool something_waits(const struct framer *f)
{
    return framer_rest(f).len > 0 || f->skipped > 0;
}

enum framed framer_next(struct framer *f, struct text *line)
{
    *line = TEXT("");
    struct text rest = framer_rest(f);
    size_t end = f->searched + text_find(text_skip(rest, f->searched), '\n');
    if (end < rest.len) {
        f->taken += end + 1;
        return deliver(f, FRAMED_LINE, without_end(text_head(rest, end)), line);
    }
    enum framed kind = f->cut;
    f->cut = FRAMED_NOTHING;
    if (kind == FRAMED_NOTHING || !something_waits(f)) {
        return wait_for_more(f);
    }
    f->since_end = 0;
    f->taken += rest.len;
    return deliver(f, kind, rest, line);
}

uint32_t framer_take_marks(struct framer *f)
{
    uint32_t marks = f->marks;
    f->marks = 0;
    return marks;
}

struct text framer_rest(const struct framer *f)
{
    return text_skip(buf_text(&f->in), f->taken);
}

bool framer_may_pause(const struct framer *f)
{
    return something_waits(f) && !f->seen_line_end && !f->single_bytes && !f->endless;
}

bool framer_is_lone(const struct framer *f)
{
    return f->start == START_LONE;
}

void framer_pause(struct framer *f)
{
    if (framer_may_pause(f)) {
        f->cut = FRAMED_PAUSED;
        f->paused = true;
        f->start = START_KNOWN;
    }
}

void framer_end(struct framer *f)
{
    if (something_waits(f) && !f->endless) {
        f->cut = FRAMED_LINE;
    }
}
