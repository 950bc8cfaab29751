// The TLS filter under bytes that no client would send: from the first one on, or (first byte odd)
// after hands have been shaken. Nothing is taken for plain text that was not sent as such, what
// is to be sent stays small, and bytes in pieces mean what they mean at once.
#include "base/must.h"
#include "net/certificate.h"
#include "net/tls.h"
#include "support/tls_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { OUT_MAX = 64 * 1024, PLAIN_MAX = 256 * 1024 };

struct peer {
    struct tls *tls;
    struct buf plain;
    struct buf out;
};

static struct tls_context *context;

static void context_make(void)
{
    struct buf why;
    buf_init(&why, 1024);
    struct certificate *own = certificate_make("hobnob");
    must(own != NULL);
    context = tls_context_create(own, &why);
    must(context != NULL);
    certificate_destroy(own);
    buf_finish(&why);
}

static void peer_init(struct peer *p)
{
    p->tls = tls_create(context, WIRE_UNDECIDED);
    buf_init(&p->plain, PLAIN_MAX);
    buf_init(&p->out, OUT_MAX);
}

static void peer_finish(struct peer *p)
{
    tls_destroy(p->tls);
    buf_finish(&p->plain);
    buf_finish(&p->out);
}

static void shake(struct peer *p)
{
    struct tls_client *client = tls_client_in_memory(NULL);
    for (struct text out = tls_client_outgoing(client); out.len;
         out = tls_client_outgoing(client)) {
        must(tls_receive(p->tls, out, &p->plain, &p->out) != TLS_BROKEN);
        tls_client_sent(client, out.len);
        tls_client_feed(client, buf_text(&p->out));
        buf_reset(&p->out);
    }
    must(tls_state(p->tls) == TLS_OPEN && p->plain.len == 0);
    tls_client_destroy(client);
}

static void feed(struct peer *p, struct text bytes, size_t step)
{
    enum tls_state before = tls_state(p->tls);
    while (bytes.len) {
        enum tls_state now = tls_receive(p->tls, text_head(bytes, step), &p->plain, &p->out);
        must(now >= before && (now != TLS_BROKEN || *tls_why(p->tls)));
        before = now;
        bytes = text_skip(bytes, step);
    }
    must(!p->out.overflow && p->plain.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0) {
        return 0;
    }
    if (!context) {
        context_make();
    }
    bool opened = bytes[0] & 1;
    struct text input = {(const char *)bytes + 1, len - 1};
    struct peer whole, pieces;
    peer_init(&whole);
    peer_init(&pieces);
    if (opened) {
        shake(&whole);
        shake(&pieces);
    }
    feed(&whole, input, SIZE_MAX);
    feed(&pieces, input, 1 + (bytes[0] >> 1) % 16);
    must(tls_state(whole.tls) == tls_state(pieces.tls));
    must(tls_has_opened(whole.tls) == opened && tls_has_opened(pieces.tls) == opened);
    must(tls_bound(whole.tls) == tls_bound(pieces.tls));
    peer_finish(&whole);
    peer_finish(&pieces);
    return 0;
}
