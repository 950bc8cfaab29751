#include "server/securing.h"

#include "base/must.h"
#include "server/applying.h"
#include "server/credential.h"

#include <time.h>

enum {
    DAY_S = 86400,
    WARN_DAYS = 14,
};

// Not where all listeners are of other kinds.
static bool is_wanted(const struct config *c)
{
    bool wanted = false;
    struct list uris = config_listeners(c, NULL);
    for (size_t i = 0; i < uris.count; i++) {
        struct listen_uri uri;
        const char *fault;
        must(listen_uri_parse(text_of(uris.at[i]), &uri, &fault));
        wanted = wanted || uri.tls || uri.protocol == WIRE_UNDECIDED;
    }
    list_finish(&uris);
    return wanted;
}

static void net_tell(struct server *s)
{
    struct net_config net = applying_net(s, &s->config);
    net.io_threads = s->started.io_threads;
    net_configure(s->net, &net);
    applying_net_finish(&net);
}

int securing_start(struct server *s, struct buf *why)
{
    if (!is_wanted(&s->config)) {
        return 0;
    }
    s->securing.credential = credential_create(&s->config, why);
    if (!s->securing.credential) {
        return EXIT_STATUS_CONFIG;
    }
    net_tell(s);
    return 0;
}

static void date_print(int64_t at_s, char date[32])
{
    time_t at = (time_t)at_s;
    struct tm utc;
    gmtime_r(&at, &utc);
    strftime(date, 32, "%Y-%m-%d", &utc);
}

// Once a day, from two weeks before.
static void expiry_say(struct server *s)
{
    int64_t now_s = clock_now().wall_ms / 1000;
    int64_t left_s = credential_expires_s(s->securing.credential) - now_s;
    if (left_s > (int64_t)WARN_DAYS * DAY_S || now_s < s->securing.warned_s + DAY_S) {
        return;
    }
    char date[32];
    date_print(credential_expires_s(s->securing.credential), date);
    s->securing.warned_s = now_s;
    if (left_s > 0) {
        console_note(s->console, LOG_WARN, "certificate_ends",
                     "The certificate for TLS ends on %s, in %lld days. Replace it in time.", date,
                     (long long)(left_s / DAY_S));
    } else {
        console_note(s->console, LOG_ERROR, "certificate_ended",
                     "The certificate for TLS has ended on %s: clients refuse it. Replace it.",
                     date);
    }
}

void securing_say(const struct server *s)
{
    const struct credential *credential = s->securing.credential;
    if (!credential) {
        return;
    }
    char date[32];
    date_print(credential_expires_s(credential), date);
    if (credential_is_given(credential)) {
        console_note(s->console, LOG_INFO, "certificate",
                     "The certificate for TLS is the one in %s, good until %s.",
                     s->config.tls.certificate, date);
    } else {
        console_note(s->console, LOG_INFO, "certificate",
                     "The certificate for TLS is the server's own; its fingerprint (SHA-256) is %s",
                     credential_fingerprint(credential));
    }
}

static void credential_take(struct server *s)
{
    struct buf why;
    buf_init(&why, 900);
    char before[80];
    snprintf(before, sizeof before, "%s", credential_fingerprint(s->securing.credential));
    if (!credential_reload(s->securing.credential, &s->config, &why)) {
        struct text sentence = buf_text(&why);
        console_note(s->console, LOG_ERROR, "certificate_failed",
                     "The certificate for TLS stays as it was. %.*s", TEXT_ARG(sentence));
    } else if (strcmp(before, credential_fingerprint(s->securing.credential)) != 0) {
        s->securing.warned_s = 0;
        net_tell(s);
        securing_say(s);
        expiry_say(s);
    }
    buf_finish(&why);
}

void securing_reload(struct server *s)
{
    if (s->securing.credential) {
        credential_take(s);
    }
}

void securing_look(struct server *s)
{
    if (!s->securing.credential) {
        return;
    }
    expiry_say(s);
    if (credential_turn_tickets(s->securing.credential, clock_now().mono_ms)) {
        net_tell(s);
    }
    if (credential_has_changed(s->securing.credential, &s->config)) {
        credential_take(s);
    }
}
