#include "protocol/irc_sasl.h"

#include "base/must.h"
#include "base/utf8.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"
#include "wire/base64.h"
#include "wire/scram.h"

// A chunk of fewer bytes is the last one.
enum { CHUNK_BYTES = 400, ENCODED_MAX = 10 * CHUNK_BYTES };

enum mechanism { PLAIN, EXTERNAL, SCRAM, MECHANISMS };

static const struct text mechanisms[MECHANISMS] = {
    [PLAIN] = TEXT_INIT("PLAIN"),
    [EXTERNAL] = TEXT_INIT("EXTERNAL"),
    [SCRAM] = TEXT_INIT("SCRAM-SHA-256"),
};

struct irc_sasl {
    enum mechanism mechanism;
    struct buf encoded;
    struct scram *scram;
    struct text keys; // SCRAM: owned; those that the exchange is with
    enum { SCRAM_BEGINS, SCRAM_CHALLENGED, SCRAM_PROVED } step;
};

const char *irc_sasl_mechanisms(const struct session *session)
{
    return session_access(session)->scram ? "PLAIN,EXTERNAL,SCRAM-SHA-256" : "PLAIN,EXTERNAL";
}

static void finish(struct session *session)
{
    struct irc *irc = irc_of(session);
    if (irc->sasl) {
        buf_wipe(&irc->sasl->encoded);
        scram_destroy(irc->sasl->scram);
        text_disown(irc->sasl->keys);
        free(irc->sasl);
        irc->sasl = NULL;
    }
}

void irc_sasl_abort(struct session *session, bool told)
{
    if (irc_of(session)->sasl && told) {
        irc_numeric(session, 906, ":SASL authentication aborted");
    }
    finish(session);
}

static void fail(struct session *session)
{
    finish(session);
    irc_numeric(session, 904, ":SASL authentication failed");
}

static void add_own_mask(struct session *session, struct buf *mask)
{
    if (session->user) {
        struct actor actor = user_actor(session->user);
        actor_add_mask(mask, &actor);
    } else {
        buf_printf(mask, "%s!*@*", irc_nick(session));
    }
}

void irc_tell_logged_in(struct session *session)
{
    struct buf mask;
    buf_init(&mask, 512);
    add_own_mask(session, &mask);
    struct text name = session->account->name;
    irc_numeric(session, 900, "%.*s %.*s :You are now logged in as %.*s", TEXT_ARG(buf_text(&mask)),
                TEXT_ARG(name), TEXT_ARG(name));
    buf_finish(&mask);
}

void irc_tell_logged_out(struct session *session)
{
    struct buf mask;
    buf_init(&mask, 512);
    add_own_mask(session, &mask);
    irc_numeric(session, 901, "%.*s :You are now logged out", TEXT_ARG(buf_text(&mask)));
    buf_finish(&mask);
}

void irc_sasl_answered(struct session *session, const struct account_answer *answer)
{
    if (answer->result == ACCOUNT_DONE) {
        irc_tell_logged_in(session);
        irc_numeric(session, 903, ":SASL authentication successful");
        return;
    }
    struct buf sentence;
    buf_init(&sentence, 1024);
    account_answer_say(answer, &sentence);
    irc_numeric(session, 904, ":SASL authentication failed. %.*s", TEXT_ARG(buf_text(&sentence)));
    buf_finish(&sentence);
}

static enum mechanism find_mechanism(const struct session *session, struct text name)
{
    size_t i = 0;
    while (i < MECHANISMS && !text_equal_nocase(mechanisms[i], name)) {
        i++;
    }
    return i == SCRAM && !session_access(session)->scram ? MECHANISMS : (enum mechanism)i;
}

static void begin(struct session *session, struct text name)
{
    struct irc *irc = irc_of(session);
    enum mechanism mechanism = find_mechanism(session, name);
    if (mechanism == MECHANISMS) {
        irc_numeric(session, 908, "%s :are available SASL mechanisms",
                    irc_sasl_mechanisms(session));
        fail(session);
        return;
    }
    if (mechanism != EXTERNAL && !session_check_secrets(session)) {
        return;
    }
    irc->sasl = mem_alloc(sizeof *irc->sasl);
    irc->sasl->mechanism = mechanism;
    irc->sasl->scram = mechanism == SCRAM ? scram_create() : NULL;
    irc->sasl->keys = text_own(TEXT(""));
    buf_init(&irc->sasl->encoded, ENCODED_MAX);
    irc_line(session, "AUTHENTICATE +");
}

// Without the device (chat/device.h).
static struct text account_of(struct text name)
{
    return text_head(name, text_find(name, '@'));
}

// authzid NUL authcid NUL password: one can only be oneself.
static void log_in_plain(struct session *session, struct text whole)
{
    struct text authzid = text_head(whole, text_find(whole, '\0'));
    struct text rest = text_skip(whole, authzid.len + 1);
    struct text authcid = text_head(rest, text_find(rest, '\0'));
    struct text password = text_skip(rest, authcid.len + 1);
    bool whole_message = authzid.len < whole.len && authcid.len < rest.len;
    if (!whole_message || authcid.len == 0 || text_find(password, '\0') < password.len ||
        !utf8_valid(whole) ||
        (authzid.len && !text_equal_nocase(account_of(authzid), account_of(authcid)))) {
        fail(session);
        return;
    }
    session_log_in(session, authcid, password);
}

static void say_encoded(struct session *session, struct text message)
{
    struct buf encoded;
    buf_init(&encoded, ENCODED_MAX);
    base64_encode(message.at, message.len, &encoded);
    must(encoded.len < CHUNK_BYTES);
    irc_line(session, "AUTHENTICATE %.*s", TEXT_ARG(buf_text(&encoded)));
    buf_finish(&encoded);
}

static void challenge(struct session *session, struct irc_sasl *sasl, struct buf *answer)
{
    struct scram_start start;
    if (!session_begin_scram(session, scram_name(sasl->scram), &start)) {
        finish(session);
        return;
    }
    // Without keys it goes on with those that no proof fits.
    struct scram_keys keys = {.rounds = SCRAM_ROUNDS};
    memcpy(keys.salt, start.salt, sizeof keys.salt);
    if (scram_read(start.keys, &keys)) {
        text_replace(&sasl->keys, start.keys);
    }
    scram_challenge(sasl->scram, &keys, start.nonce, answer);
    sasl->step = SCRAM_CHALLENGED;
    say_encoded(session, buf_text(answer));
}

static void end_scram(struct session *session, struct irc_sasl *sasl, bool proved)
{
    struct text name = text_own(scram_name(sasl->scram));
    struct text keys = text_own(sasl->keys);
    finish(session);
    session_log_in_by_scram(session, name, keys, proved);
    text_disown(name);
    text_disown(keys);
}

// The client's first message, its final one, and an empty one.
static void go_on_by_scram(struct session *session, struct irc_sasl *sasl, struct text message)
{
    struct buf answer;
    buf_init(&answer, ENCODED_MAX);
    buf_reset(&sasl->encoded);
    if (sasl->step == SCRAM_PROVED) {
        end_scram(session, sasl, message.len == 0);
    } else if (sasl->step == SCRAM_CHALLENGED) {
        if (scram_final(sasl->scram, message, &answer)) {
            sasl->step = SCRAM_PROVED;
            say_encoded(session, buf_text(&answer));
        } else {
            end_scram(session, sasl, false);
        }
    } else if (utf8_valid(message) && text_find(message, '\0') == message.len &&
               scram_first(sasl->scram, message)) {
        challenge(session, sasl, &answer);
    } else {
        fail(session);
    }
    buf_finish(&answer);
}

static void go_on(struct session *session)
{
    struct irc_sasl *sasl = irc_of(session)->sasl;
    struct buf plain;
    buf_init(&plain, ENCODED_MAX);
    if (!base64_decode(buf_text(&sasl->encoded), &plain)) {
        fail(session);
    } else if (sasl->mechanism == SCRAM) {
        go_on_by_scram(session, sasl, buf_text(&plain));
    } else {
        bool external = sasl->mechanism == EXTERNAL;
        finish(session);
        if (external) {
            session_log_in_by_certificate(session, buf_text(&plain));
        } else {
            log_in_plain(session, buf_text(&plain));
        }
    }
    buf_wipe(&plain);
}

static void take_chunk(struct session *session, struct text chunk)
{
    struct irc_sasl *sasl = irc_of(session)->sasl;
    bool nothing = text_equal(chunk, TEXT("+"));
    if (chunk.len > CHUNK_BYTES) {
        finish(session);
        irc_numeric(session, 905, ":SASL message too long");
    } else if (!nothing && !buf_add(&sasl->encoded, chunk)) {
        fail(session);
    } else if (nothing || chunk.len < CHUNK_BYTES) {
        go_on(session);
    }
}

void irc_command_authenticate(struct session *session, const struct irc_message *message)
{
    struct text given = message->param[0];
    if (text_equal(given, TEXT("*"))) {
        if (irc_of(session)->sasl) {
            irc_sasl_abort(session, true);
        } else {
            irc_numeric(session, 906, ":SASL authentication aborted");
        }
    } else if (irc_of(session)->sasl) {
        take_chunk(session, given);
    } else {
        begin(session, given);
    }
}
