// Certificates and resume tokens.
#include "base/must.h"
#include "chat/core_state.h"
#include "chat/device.h"
#include "chat/errand.h"

#include <utlist.h>

static const int64_t day_ms = (int64_t)24 * 3600 * 1000;

static struct account_key *usable(const struct account_registry *registry, enum key_kind kind,
                                  struct text digest, int64_t now_ms)
{
    struct account_key *key = key_find(registry, kind, digest);
    bool opens = key && key->state == KEY_KEPT && !key_has_expired(key, now_ms) &&
                 !(key->account->flags & (ACCOUNT_SUSPENDED | ACCOUNT_NEW));
    return opens ? key : NULL;
}

// Whether `name` is that of the key's account. Nobody's name is anybody's.
static bool opens_as(const struct account_registry *registry, const struct account_key *key,
                     struct text name)
{
    return key && (name.len == 0 || account_find(registry, name) == key->account);
}

static void log_in(struct session *session, struct account_key *key)
{
    struct core *core = session->core;
    if (core->now.wall_ms - key->used_ms >= day_ms || core->now.wall_ms < key->used_ms) {
        key->used_ms = core->now.wall_ms;
        account_keep(core, key->account, NULL);
    }
    device_key(session, key->id);
    session_set_account(session, key->account);
    errand_refuse(session, ACCOUNT_ACT_LOG_IN, ACCOUNT_DONE, key->account->name);
}

void session_log_in_by_certificate(struct session *session, struct text name)
{
    struct core *core = session->core;
    const char *shown = session->peer.certificate;
    struct account_key *key =
        shown ? usable(&core->accounts, KEY_CERTIFICATE, text_of(shown), core->now.wall_ms) : NULL;
    if (opens_as(&core->accounts, key, name)) {
        log_in(session, key);
    } else {
        errand_refuse(session, ACCOUNT_ACT_LOG_IN,
                      shown ? ACCOUNT_NO_CERTIFICATE : ACCOUNT_NONE_SHOWN, name);
    }
}

static void digest_of(struct text secret, char hex[DIGEST_HEX + 1])
{
    struct digest *digest = digest_create();
    digest_add(digest, secret.at, secret.len);
    digest_finish(digest, hex);
}

bool session_log_in_by_token(struct session *session, struct text name, struct text password)
{
    struct core *core = session->core;
    char hex[DIGEST_HEX + 1];
    if (!text_starts(password, TEXT(TOKEN_PREFIX))) {
        return false;
    }
    digest_of(password, hex);
    struct account_key *key = usable(&core->accounts, KEY_TOKEN, text_of(hex), core->now.wall_ms);
    if (opens_as(&core->accounts, key, name)) {
        log_in(session, key);
    } else {
        errand_count_failure(session, name);
        errand_refuse(session, ACCOUNT_ACT_LOG_IN, ACCOUNT_WRONG, name);
    }
    return true;
}

static bool is_logged_in(struct session *session, enum account_act act)
{
    if (!session->account) {
        errand_refuse(session, act, ACCOUNT_NOT_LOGGED_IN, TEXT(""));
    }
    return session->account != NULL;
}

static void keep_key(struct session *session, enum account_act act, const struct account_key *key)
{
    struct account *account = session->account;
    struct errand *errand = errand_begin(session, act, account->name, account);
    snprintf(errand->key, sizeof errand->key, "%s", key->id);
    account_keep(session->core, account, errand);
}

void session_add_certificate(struct session *session)
{
    const enum account_act act = ACCOUNT_ACT_CERTIFICATE_ADD;
    struct core *core = session->core;
    if (!is_logged_in(session, act)) {
        return;
    }
    if (!session->peer.certificate) {
        errand_refuse(session, act, ACCOUNT_NONE_SHOWN, TEXT(""));
        return;
    }
    if (keys_count(session->account, KEY_CERTIFICATE) >= ACCOUNT_CERTIFICATES_MAX) {
        errand_refuse_number(session, act, ACCOUNT_CERTIFICATES_FULL, ACCOUNT_CERTIFICATES_MAX);
        return;
    }
    struct account_key *key = key_add(&core->accounts, session->account, KEY_CERTIFICATE,
                                      text_of(session->peer.certificate), core->now.wall_ms);
    if (key) {
        keep_key(session, act, key);
    } else {
        errand_refuse(session, act, ACCOUNT_CERTIFICATE_TAKEN, TEXT(""));
    }
}

static void end_key(struct session *session, enum account_act act, enum key_kind kind,
                    struct text name)
{
    if (!is_logged_in(session, act)) {
        return;
    }
    struct account_key *key = key_named(session->account, kind, name);
    if (key) {
        key->state = KEY_ENDED;
        keep_key(session, act, key);
    } else {
        errand_refuse(session, act, ACCOUNT_NO_SUCH_KEY, text_head(name, DIGEST_HEX));
    }
}

void session_end_certificate(struct session *session, struct text name)
{
    end_key(session, ACCOUNT_ACT_CERTIFICATE_END, KEY_CERTIFICATE, name);
}

void session_end_token(struct session *session, struct text name)
{
    end_key(session, ACCOUNT_ACT_TOKEN_END, KEY_TOKEN, name);
}

// Those that have expired, and the longest unused one of too many.
static void make_room_for_token(struct core *core, struct account *account)
{
    struct account_key *oldest = NULL;
    struct account_key *key;
    struct account_key *next;
    DL_FOREACH_SAFE(account->keys, key, next)
    {
        if (key->state != KEY_KEPT || key_kind(key) != KEY_TOKEN) {
            continue;
        }
        if (key_has_expired(key, core->now.wall_ms)) {
            key_destroy(&core->accounts, key);
        } else if (!oldest || key->used_ms < oldest->used_ms) {
            oldest = key;
        }
    }
    if (oldest && keys_count(account, KEY_TOKEN) >= ACCOUNT_TOKENS_MAX) {
        key_destroy(&core->accounts, oldest);
    }
}

static void write_token(struct core *core, char token[TOKEN_LEN + 1])
{
    unsigned char bits[TOKEN_BITS / 8];
    core->output->random(core->output->context, bits, sizeof bits);
    size_t at = (size_t)snprintf(token, TOKEN_LEN + 1, TOKEN_PREFIX);
    for (size_t i = 0; i < sizeof bits; i++) {
        at += (size_t)snprintf(token + at, TOKEN_LEN + 1 - at, "%02x", bits[i]);
    }
    explicit_bzero(bits, sizeof bits);
}

void session_make_token(struct session *session)
{
    const enum account_act act = ACCOUNT_ACT_TOKEN_MAKE;
    struct core *core = session->core;
    char token[TOKEN_LEN + 1];
    char hex[DIGEST_HEX + 1];
    if (!is_logged_in(session, act) || !errand_may_send(session, act)) {
        return;
    }
    make_room_for_token(core, session->account);
    if (keys_count(session->account, KEY_TOKEN) >= ACCOUNT_TOKENS_MAX) {
        errand_refuse(session, act, ACCOUNT_BUSY, TEXT("")); // all of them are on their way
        return;
    }
    write_token(core, token);
    digest_of(text_of(token), hex);
    const struct account_key *key =
        key_add(&core->accounts, session->account, KEY_TOKEN, text_of(hex), core->now.wall_ms);
    must(key);
    keep_key(session, act, key);
    memcpy(session->errand->token, token, sizeof token);
    explicit_bzero(token, sizeof token);
}

void keys_recorded(struct errand *errand, int error)
{
    struct account_registry *registry = &errand->session->core->accounts;
    struct account_key *key = key_of_id(registry, errand->key);
    bool making =
        errand->act == ACCOUNT_ACT_CERTIFICATE_ADD || errand->act == ACCOUNT_ACT_TOKEN_MAKE;
    enum account_result result = error ? ACCOUNT_NOT_KEPT : ACCOUNT_DONE;
    if (making && (!key || key->state == KEY_ENDED)) {
        result = ACCOUNT_NOT_LOGGED_IN; // a new password has ended it meanwhile
    } else if (key && making == (error != 0)) {
        key_destroy(registry, key);
    } else if (key) {
        key->state = KEY_KEPT;
    }
    errand_end(errand, result);
}

void tokens_end(struct account *account)
{
    struct account_key *key;
    DL_FOREACH(account->keys, key)
    {
        if (key_kind(key) == KEY_TOKEN) {
            key->state = KEY_ENDED;
        }
    }
}

void tokens_ended(struct core *core, struct account *account, bool ended)
{
    struct account_key *key;
    struct account_key *next;
    DL_FOREACH_SAFE(account->keys, key, next)
    {
        if (key_kind(key) == KEY_TOKEN && key->state == KEY_ENDED) {
            if (ended) {
                key_destroy(&core->accounts, key);
            } else {
                key->state = KEY_KEPT;
            }
        }
    }
}
