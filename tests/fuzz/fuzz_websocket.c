// The WebSocket filter under bytes of which some are frames: bytes in pieces mean what they mean at
// once, each line is one, what is wrong stays wrong, and what is answered is a frame.
#include "base/must.h"
#include "support/frames.h"
#include "wire/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { LINES_MAX = 1 << 20 };

struct peer {
    struct websocket *websocket;
    struct buf lines;
};

static struct websocket_writer *writer;

static void peer_init(struct peer *p, bool binary)
{
    p->websocket = websocket_create(binary);
    buf_init(&p->lines, LINES_MAX);
}

static void peer_finish(struct peer *p)
{
    websocket_destroy(p->websocket);
    buf_finish(&p->lines);
}

static void feed(struct peer *p, struct text bytes, size_t step)
{
    enum websocket_state before = WEBSOCKET_OPEN;
    while (bytes.len) {
        size_t had = p->lines.len;
        enum websocket_state now =
            websocket_receive(p->websocket, text_head(bytes, step), &p->lines);
        must(before == WEBSOCKET_OPEN || (now == before && p->lines.len == had));
        must(websocket_waiting(p->websocket) <= 2 * WEBSOCKET_MESSAGE_BYTES);
        before = now;
        bytes = text_skip(bytes, step);
    }
    bool broken = websocket_fault(p->websocket) != CLOSE_REASON_COUNT;
    must(broken == (before == WEBSOCKET_BROKEN) && before == websocket_state(p->websocket));
    must(websocket_unsent(p->websocket)->len == 0);
}

static void check_lines(struct text lines, size_t sent)
{
    must(lines.len <= sent && text_find(lines, '\r') == lines.len);
    must(lines.len == 0 || lines.at[lines.len - 1] == '\n');
}

static void check_frame(struct text out, unsigned opcode)
{
    unsigned first;
    struct text payload;
    must(frame_take(&out, &first, &payload) && out.len == 0 && first == (FRAME_FIN | opcode));
    must(payload.len <= 125);
}

// The same lines, sent back, are as many frames.
static void check_frames(struct peer *p, bool binary)
{
    struct buf out;
    buf_init(&out, LINES_MAX);
    struct text lines = buf_text(&p->lines);
    must(websocket_write_lines(p->websocket, writer, lines, LINES_MAX, &out) == lines.len);
    struct text rest = buf_text(&out);
    while (lines.len) {
        unsigned first;
        struct text payload;
        size_t end = text_find(lines, '\n');
        must(frame_take(&rest, &first, &payload) && text_equal(payload, text_head(lines, end)));
        must(first == (FRAME_FIN | (binary ? FRAME_BINARY : FRAME_TEXT)));
        lines = text_skip(lines, end + 1);
    }
    must(rest.len == 0);
    buf_reset(&out);
    if (websocket_write_pong(p->websocket, writer, &out)) {
        check_frame(buf_text(&out), FRAME_PONG);
        buf_reset(&out);
    }
    enum close_reason fault = websocket_fault(p->websocket);
    websocket_write_close(p->websocket, writer, fault < CLOSE_REASON_COUNT ? fault : CLOSE_EOF,
                          &out);
    check_frame(buf_text(&out), FRAME_CLOSE);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0) {
        return 0;
    }
    if (!writer) {
        writer = websocket_writer_create();
    }
    bool binary = bytes[0] & 1;
    struct text input = {(const char *)bytes + 1, len - 1};
    struct peer whole, pieces;
    peer_init(&whole, binary);
    peer_init(&pieces, binary);
    feed(&whole, input, SIZE_MAX);
    feed(&pieces, input, 1 + (bytes[0] >> 1) % 16);
    must(text_equal(buf_text(&whole.lines), buf_text(&pieces.lines)));
    must(websocket_state(whole.websocket) == websocket_state(pieces.websocket));
    must(websocket_fault(whole.websocket) == websocket_fault(pieces.websocket));
    check_lines(buf_text(&whole.lines), input.len);
    check_frames(&whole, binary);
    check_frames(&pieces, binary);
    peer_finish(&whole);
    peer_finish(&pieces);
    return 0;
}
