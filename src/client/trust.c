#include "client/trust.h"

#include "client/state_file.h"

#include "base/must.h"

#include <stdarg.h>

static void tell(struct trust *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct trust *t, const char *format, ...)
{
    char sentence[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    t->tell(t->context, text_of(sentence));
}

void trust_init(struct trust *t, const char *where, bool takes_new, void *context,
                void (*told)(void *context, struct text sentence))
{
    *t = (struct trust){.where = where, .takes_new = takes_new, .context = context, .tell = told};
    struct buf path;
    buf_init(&path, 4096);
    if (state_file_path("known_hosts", &path)) {
        t->path = text_copy(buf_text(&path));
    }
    buf_finish(&path);
}

void trust_finish(struct trust *t)
{
    free(t->path);
}

static struct known_host known(const struct trust *t)
{
    struct known_host kept = {.known = KNOWN_NOT};
    if (t->path) {
        kept = known_hosts_find(t->path, text_of(t->where));
    }
    return kept.known == KNOWN_NOT ? t->met : kept;
}

bool trust_knows(const struct trust *t)
{
    return known(t).known != KNOWN_NOT;
}

static void remember(struct trust *t, const struct tunnel_peer *peer)
{
    struct known_host host = {.known = peer->is_signed ? KNOWN_SIGNED : KNOWN_PRINT};
    memcpy(host.fingerprint, peer->fingerprint, sizeof host.fingerprint);
    t->met = host;
    int error = t->path ? known_hosts_put(t->path, text_of(t->where), &host) : 0;
    if (error) {
        tell(t, "This cannot be remembered in %s (%s), so it will be said again.", t->path,
             strerror(-error));
    }
}

static void introduce(struct trust *t, const struct known_host *host,
                      const struct tunnel_peer *peer)
{
    tell(t,
         host->known == KNOWN_NOT
             ? "You have not been at %s before. Its certificate has the fingerprint (SHA-256)"
             : "The certificate of %s is another one. It has the fingerprint (SHA-256)",
         t->where);
    tell(t, "  %s", peer->fingerprint);
    tell(t, "which the server prints when it starts. It is trusted from now on.");
}

static void warn(struct trust *t, const struct known_host *host, const struct tunnel_peer *peer)
{
    tell(t, "!!! WARNING: THE SERVER AT %s IS NOT THE ONE IT WAS BEFORE !!!", t->where);
    tell(t, "Somebody may be listening in between. Nothing has been sent.");
    tell(t, "  before: %s",
         host->known == KNOWN_SIGNED
             ? "a certificate that was signed by somebody whom this system trusts"
             : host->fingerprint);
    tell(t, "  now:    %s%s", peer->fingerprint,
         peer->is_signed ? "" : " (signed by nobody known)");
    tell(t, "If whoever runs the server says that this is right, come back with --trust-new.");
}

static bool is_same(const struct known_host *host, const struct tunnel_peer *peer)
{
    return host->known == KNOWN_SIGNED ? peer->is_signed
                                       : strcmp(host->fingerprint, peer->fingerprint) == 0;
}

bool trust_accepts(struct trust *t, const struct tunnel_peer *peer)
{
    struct known_host host = known(t);
    if (host.known != KNOWN_NOT && is_same(&host, peer)) {
        return true;
    }
    // One that is signed for this host needs no introduction, also where it was not before.
    if (host.known != KNOWN_NOT && !peer->is_signed && !t->takes_new) {
        warn(t, &host, peer);
        return false;
    }
    if (!peer->is_signed) {
        introduce(t, &host, peer);
    }
    remember(t, peer);
    return true;
}
