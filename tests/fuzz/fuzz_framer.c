// The same bytes in one piece and in pieces give the same lines, those of a plain model.
// Input: one byte that chooses, one that seeds the pieces, then what a peer sends.
#include "base/must.h"
#include "wire/framer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { ALL_MAX = 1 << 24 };

static size_t next_piece(unsigned *seed, size_t left)
{
    *seed = *seed * 1103515245 + 12345;
    size_t piece = 1 + (*seed >> 16) % 23;
    return piece < left ? piece : left;
}

static void add_line(struct buf *all, enum framed framed, struct text line)
{
    buf_printf(all, "%d:%zu:", (int)framed, line.len);
    buf_add(all, line);
}

static void drain(struct framer *f, struct buf *all)
{
    struct text line;
    enum framed framed;
    while ((framed = framer_next(f, &line)) != FRAMED_NOTHING) {
        must(line.len <= f->max_line && text_find(line, '\n') == line.len);
        must(line.len == 0 || framed == FRAMED_LINE || framed == FRAMED_PAUSED);
        must(framed != FRAMED_PAUSED || !f->seen_line_end);
        add_line(all, framed, line);
    }
    size_t waiting = framer_rest(f).len;
    must(waiting <= f->max_line + 2);
    must(waiting ? f->in.size <= 2 * (waiting + 64) : !f->in.at);
}

// Feeds all at once (no seed) or in pieces, with silences between them where asked for.
static void frame(struct framer *f, struct text t, unsigned seed, bool pauses, struct buf *all)
{
    while (t.len) {
        size_t piece = seed ? next_piece(&seed, t.len) : t.len;
        framer_feed(f, text_head(t, piece));
        t = text_skip(t, piece);
        drain(f, all);
        if (pauses && seed & 0x10000) {
            framer_pause(f);
            drain(f, all);
        }
    }
    framer_end(f);
    drain(f, all);
    must(framer_rest(f).len == 0 && !f->skipped && !framer_may_pause(f));
    buf_printf(all, "%u marks", (unsigned)framer_take_marks(f));
    framer_finish(f);
}

static struct text stripped(struct text line)
{
    if (line.len > 1 && line.at[line.len - 2] == '\r' && line.at[line.len - 1] == '\0') {
        line.len -= 2;
    } else if (line.len && line.at[line.len - 1] == '\r') {
        line.len--;
    }
    return line;
}

// What comes out without telnet, said as simply as can be.
static void model(struct text t, size_t max_line, struct buf *all)
{
    while (t.len) {
        size_t end = text_find(t, '\n');
        struct text line = text_head(t, end);
        line = end < t.len ? stripped(line) : line;
        bool fits = line.len <= max_line;
        add_line(all, fits ? FRAMED_LINE : FRAMED_TOO_LONG, fits ? line : TEXT(""));
        t = text_skip(t, end + 1);
    }
    buf_printf(all, "0 marks");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len < 2) {
        return 0;
    }
    bool skip_telnet = bytes[0] & 1;
    size_t max_line = bytes[0] & 2 ? 4096 : 5;
    unsigned seed = bytes[1] + 1u;
    struct text t = {(const char *)bytes + 2, len - 2};
    struct buf whole;
    struct buf pieces;
    struct framer f;
    buf_init(&whole, ALL_MAX);
    buf_init(&pieces, ALL_MAX);

    framer_init(&f, max_line, skip_telnet);
    frame(&f, t, 0, false, &whole);
    framer_init(&f, max_line, skip_telnet);
    frame(&f, t, seed, false, &pieces);
    must(text_equal(buf_text(&whole), buf_text(&pieces)));
    if (!skip_telnet) {
        buf_reset(&pieces);
        model(t, max_line, &pieces);
        must(text_equal(buf_text(&whole), buf_text(&pieces)));
    }
    framer_init(&f, max_line, skip_telnet);
    frame(&f, t, seed, true, &pieces);
    buf_finish(&whole);
    buf_finish(&pieces);
    return 0;
}
