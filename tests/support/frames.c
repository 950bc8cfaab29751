#include "support/frames.h"

#include "support/test.h"

enum { SHORT_MAX = 125, TWO_BYTES = 126, EIGHT_BYTES = 127 };

static void number_add(struct buf *out, uint64_t number, unsigned bytes)
{
    while (bytes-- > 0) {
        buf_add_char(out, (char)(number >> 8 * bytes));
    }
}

void frame_add_header(struct buf *out, unsigned first, unsigned masked, uint64_t len)
{
    unsigned code = len <= SHORT_MAX ? (unsigned)len : len <= UINT16_MAX ? TWO_BYTES : EIGHT_BYTES;
    buf_add_char(out, (char)first);
    buf_add_char(out, (char)(masked | code));
    if (code == TWO_BYTES) {
        number_add(out, len, 2);
    } else if (code == EIGHT_BYTES) {
        number_add(out, len, 8);
    }
    if (masked) {
        number_add(out, 0, 4);
    }
}

void frame_add(struct buf *out, unsigned first, struct text payload)
{
    static const char mask[4] = {0x37, (char)0xfa, 0x21, 0x3d};
    frame_add_header(out, first, FRAME_MASKED, payload.len);
    buf_cut(out, out->len - sizeof mask);
    buf_add(out, (struct text){mask, sizeof mask});
    for (size_t i = 0; i < payload.len; i++) {
        buf_add_char(out, (char)(payload.at[i] ^ mask[i % sizeof mask]));
    }
}

static uint64_t number_of(struct text bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        number = number << 8 | (unsigned char)bytes.at[i];
    }
    return number;
}

bool frame_take(struct text *input, unsigned *first, struct text *payload)
{
    if (input->len < 2) {
        return false;
    }
    unsigned code = (unsigned char)input->at[1];
    check(code <= EIGHT_BYTES); // a server masks nothing
    size_t bytes = code == TWO_BYTES ? 2 : code == EIGHT_BYTES ? 8 : 0;
    struct text rest = text_skip(*input, 2);
    if (rest.len < bytes) {
        return false;
    }
    uint64_t len = bytes ? number_of(text_head(rest, bytes)) : code;
    rest = text_skip(rest, bytes);
    if (rest.len < len) {
        return false;
    }
    *first = (unsigned char)input->at[0];
    *payload = text_head(rest, len);
    *input = text_skip(rest, len);
    return true;
}
