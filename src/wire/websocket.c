#include "wire/websocket.h"

#include "base/must.h"
#include "base/utf8.h"

#include <wslay/wslay.h>

enum {
    CONTROL_MAX = 125, // bytes of a control frame (RFC 6455, 5.5)
    CODE_BYTES = 2,
    UNSENT_MAX = 256 * 1024, // it is filled only when it is empty, with lines for one send
    NO_MESSAGE = WSLAY_CONTINUATION_FRAME,
};

struct control {
    uint8_t len;
    char bytes[CONTROL_MAX];
};

struct websocket {
    wslay_frame_context_ptr reader; // while a frame has begun; it is large
    uint64_t given;                 // bytes that it got
    uint64_t framed;                // bytes of these that were whole frames
    struct text in;                 // not yet read; only while something is called
    struct buf message;             // of which a part has come
    struct buf unsent;
    struct control control; // the frame of that kind that is coming
    struct control ping;    // not yet answered
    uint32_t come;          // bytes of the frame's payload
    uint16_t code;          // the peer's; 0: it gave none
    uint8_t opcode;         // of the message
    uint8_t fragments;      // of it
    uint8_t state;          // enum websocket_state
    uint8_t fault;          // enum close_reason
    bool binary;
    bool in_frame;
    bool pinged;
    bool closed; // Close has been sent
};

struct websocket_writer {
    wslay_frame_context_ptr frames;
    struct buf *out; // only while something is called
};

struct websocket *websocket_create(bool binary)
{
    struct websocket *w = mem_alloc(sizeof *w);
    w->binary = binary;
    w->fault = CLOSE_REASON_COUNT;
    buf_init(&w->message, WEBSOCKET_MESSAGE_BYTES);
    buf_init(&w->unsent, UNSENT_MAX);
    return w;
}

static void reader_destroy(struct websocket *w)
{
    if (w->reader) {
        wslay_frame_context_free(w->reader);
        w->reader = NULL;
    }
}

void websocket_destroy(struct websocket *w)
{
    if (w) {
        reader_destroy(w);
        buf_finish(&w->message);
        buf_finish(&w->unsent);
        free(w);
    }
}

static void fail(struct websocket *w, enum close_reason fault)
{
    w->state = WEBSOCKET_BROKEN;
    w->fault = (uint8_t)fault;
}

// Reading

static ssize_t give(uint8_t *to, size_t size, int flags, void *context)
{
    (void)flags;
    struct websocket *w = context;
    struct text part = text_head(w->in, size);
    if (part.len == 0) {
        return -1;
    }
    memcpy(to, part.at, part.len);
    w->in = text_skip(w->in, part.len);
    w->given += part.len;
    return (ssize_t)part.len;
}

static void reader_create(struct websocket *w)
{
    static const struct wslay_frame_callbacks callbacks = {.recv_callback = give};
    must(wslay_frame_context_init(&w->reader, &callbacks, w) == 0);
    w->given = w->framed = 0;
}

static void deliver(struct websocket *w, struct buf *lines)
{
    struct text line = text_without_line_end(buf_text(&w->message));
    if (w->opcode == WSLAY_TEXT_FRAME && !utf8_valid(line)) {
        fail(w, CLOSE_TEXT_BAD);
    } else if (text_find(line, '\n') < line.len || text_find(line, '\r') < line.len) {
        fail(w, CLOSE_MESSAGE_LINES);
    } else {
        must(buf_add(lines, line) && buf_add_char(lines, '\n'));
    }
    buf_finish(&w->message);
    w->opcode = NO_MESSAGE;
    w->fragments = 0;
}

// Whether what a frame's header says may come now.
static enum close_reason check_header(const struct websocket *w,
                                      const struct wslay_frame_iocb *frame)
{
    bool goes_on = frame->opcode == WSLAY_CONTINUATION_FRAME;
    bool begins = frame->opcode == WSLAY_TEXT_FRAME || frame->opcode == WSLAY_BINARY_FRAME;
    bool control = frame->opcode == WSLAY_CONNECTION_CLOSE || frame->opcode == WSLAY_PING ||
                   frame->opcode == WSLAY_PONG;
    bool has_message = w->opcode != NO_MESSAGE;
    if (!frame->mask || frame->rsv || (!control && (has_message ? !goes_on : !begins))) {
        return CLOSE_FRAME_BAD;
    }
    bool fits = frame->payload_length <= WEBSOCKET_MESSAGE_BYTES - w->message.len &&
                w->fragments < WEBSOCKET_FRAGMENTS;
    return control || fits ? CLOSE_REASON_COUNT : CLOSE_MESSAGE_TOO_BIG;
}

static void begin_frame(struct websocket *w, const struct wslay_frame_iocb *frame)
{
    enum close_reason fault = check_header(w, frame);
    if (fault != CLOSE_REASON_COUNT) {
        fail(w, fault);
    } else if (wslay_is_ctrl_frame(frame->opcode)) {
        w->control.len = 0;
    } else {
        w->opcode = w->opcode == NO_MESSAGE ? frame->opcode : w->opcode;
        w->fragments++;
    }
    w->in_frame = true;
    w->come = 0;
}

// RFC 6455, 7.4: those that may stand in a frame.
static bool is_code(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static void take_close(struct websocket *w)
{
    struct text body = {w->control.bytes, w->control.len};
    if (body.len >= CODE_BYTES) {
        w->code = (uint16_t)((unsigned char)body.at[0] << 8 | (unsigned char)body.at[1]);
    }
    if (body.len && !is_code(w->code)) {
        w->code = 0;
        fail(w, CLOSE_FRAME_BAD);
    } else if (!utf8_valid(text_skip(body, CODE_BYTES))) {
        w->code = 0;
        fail(w, CLOSE_TEXT_BAD);
    } else {
        w->state = WEBSOCKET_ENDED;
    }
}

static void end_frame(struct websocket *w, const struct wslay_frame_iocb *frame, struct buf *lines)
{
    size_t length_bytes = frame->payload_length > UINT16_MAX    ? 8
                          : frame->payload_length > CONTROL_MAX ? 2
                                                                : 0;
    w->framed += 2 + length_bytes + 4 + frame->payload_length;
    w->in_frame = false;
    if (frame->opcode == WSLAY_CONNECTION_CLOSE) {
        take_close(w);
    } else if (frame->opcode == WSLAY_PING) {
        w->ping = w->control;
        w->pinged = true;
    } else if (frame->opcode != WSLAY_PONG && frame->fin) {
        deliver(w, lines);
    }
}

// What has come of a frame's payload.
static void take_part(struct websocket *w, const struct wslay_frame_iocb *frame, struct buf *lines)
{
    struct text part = {(const char *)frame->data, frame->data_length};
    if (!w->in_frame) {
        begin_frame(w, frame);
    }
    if (w->state != WEBSOCKET_OPEN) {
        return;
    }
    if (wslay_is_ctrl_frame(frame->opcode)) {
        must(part.len <= CONTROL_MAX - (size_t)w->control.len);
        memcpy(w->control.bytes + w->control.len, part.at, part.len);
        w->control.len = (uint8_t)(w->control.len + part.len);
    } else {
        must(buf_add(&w->message, part));
    }
    w->come += (uint32_t)part.len;
    if (w->come == frame->payload_length) {
        end_frame(w, frame, lines);
    }
}

enum websocket_state websocket_receive(struct websocket *w, struct text bytes, struct buf *lines)
{
    w->in = bytes;
    while (w->state == WEBSOCKET_OPEN && (w->in.len || w->reader)) {
        if (!w->reader) {
            reader_create(w);
        }
        struct wslay_frame_iocb frame;
        ssize_t got = wslay_frame_recv(w->reader, &frame);
        if (got >= 0) {
            take_part(w, &frame, lines);
        } else if (got != WSLAY_ERR_WANT_READ) {
            fail(w, CLOSE_FRAME_BAD);
        } else if (w->in.len == 0) {
            break;
        }
        if (w->given == w->framed) {
            reader_destroy(w);
        }
    }
    if (w->state != WEBSOCKET_OPEN) {
        reader_destroy(w);
        buf_finish(&w->message);
    }
    w->in = TEXT("");
    return (enum websocket_state)w->state;
}

enum websocket_state websocket_state(const struct websocket *w)
{
    return (enum websocket_state)w->state;
}

enum close_reason websocket_fault(const struct websocket *w)
{
    return (enum close_reason)w->fault;
}

size_t websocket_waiting(const struct websocket *w)
{
    return w->message.size;
}

struct buf *websocket_unsent(struct websocket *w)
{
    return &w->unsent;
}

// Writing

static ssize_t take(const uint8_t *from, size_t len, int flags, void *context)
{
    (void)flags;
    struct websocket_writer *writer = context;
    return buf_add(writer->out, (struct text){(const char *)from, len}) ? (ssize_t)len : -1;
}

struct websocket_writer *websocket_writer_create(void)
{
    static const struct wslay_frame_callbacks callbacks = {.send_callback = take};
    struct websocket_writer *writer = mem_alloc(sizeof *writer);
    must(wslay_frame_context_init(&writer->frames, &callbacks, writer) == 0);
    return writer;
}

void websocket_writer_destroy(struct websocket_writer *writer)
{
    if (writer) {
        wslay_frame_context_free(writer->frames);
        free(writer);
    }
}

static void write_frame(struct websocket_writer *writer, enum wslay_opcode opcode,
                        struct text payload, struct buf *out)
{
    struct wslay_frame_iocb frame = {.fin = 1,
                                     .opcode = (uint8_t)opcode,
                                     .payload_length = payload.len,
                                     .data = (const uint8_t *)payload.at,
                                     .data_length = payload.len};
    writer->out = out;
    must(wslay_frame_send(writer->frames, &frame) == (ssize_t)payload.len);
    writer->out = NULL;
}

size_t websocket_write_lines(const struct websocket *w, struct websocket_writer *writer,
                             struct text lines, size_t max, struct buf *out)
{
    enum { HEADER_MAX = 10 };
    enum wslay_opcode opcode = w->binary ? WSLAY_BINARY_FRAME : WSLAY_TEXT_FRAME;
    struct text rest = lines;
    while (rest.len) {
        size_t len = text_find(rest, '\n') + 1;
        struct text line = text_head(rest, len);
        if (out->len && out->len + line.len + HEADER_MAX > max) {
            break;
        }
        write_frame(writer, opcode, text_without_line_end(line), out);
        rest = text_skip(rest, len);
    }
    return lines.len - rest.len;
}

bool websocket_write_pong(struct websocket *w, struct websocket_writer *writer, struct buf *out)
{
    bool pinged = w->pinged && !w->closed;
    if (pinged) {
        write_frame(writer, WSLAY_PONG, (struct text){w->ping.bytes, w->ping.len}, out);
    }
    w->pinged = false;
    return pinged;
}

void websocket_write_close(struct websocket *w, struct websocket_writer *writer,
                           enum close_reason reason, struct buf *out)
{
    struct buf body;
    bool answers = w->state == WEBSOCKET_ENDED;
    unsigned code = answers ? w->code : close_reason_code(reason);
    if (w->closed) {
        return;
    }
    buf_init(&body, CONTROL_MAX);
    if (code) {
        buf_add_char(&body, (char)(code >> 8));
        buf_add_char(&body, (char)code);
    }
    if (!answers) {
        // Sentences are ASCII: they can be cut anywhere.
        buf_add(&body, text_head(close_reason_sentence(reason), CONTROL_MAX - CODE_BYTES));
    }
    write_frame(writer, WSLAY_CONNECTION_CLOSE, buf_text(&body), out);
    buf_finish(&body);
    w->closed = true;
}
