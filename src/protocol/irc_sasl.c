#include "protocol/irc_sasl.h"

#include "base/must.h"
#include "base/utf8.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"
#include "wire/base64.h"

// A chunk of fewer bytes is the last one.
enum { CHUNK_BYTES = 400, ENCODED_MAX = 10 * CHUNK_BYTES };

struct irc_sasl {
    bool external; // else PLAIN
    struct buf encoded;
};

static void finish(struct session *session)
{
    struct irc *irc = irc_of(session);
    if (irc->sasl) {
        if (irc->sasl->encoded.len) {
            explicit_bzero(irc->sasl->encoded.at, irc->sasl->encoded.len);
        }
        buf_finish(&irc->sasl->encoded);
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

static void begin(struct session *session, struct text mechanism)
{
    struct irc *irc = irc_of(session);
    bool external = text_equal_nocase(mechanism, TEXT("EXTERNAL"));
    if (!external && !text_equal_nocase(mechanism, TEXT("PLAIN"))) {
        irc_numeric(session, 908, "%s :are available SASL mechanisms", IRC_SASL_MECHANISMS);
        fail(session);
        return;
    }
    if (!external && !session_check_secrets(session)) {
        return;
    }
    irc->sasl = mem_alloc(sizeof *irc->sasl);
    irc->sasl->external = external;
    buf_init(&irc->sasl->encoded, ENCODED_MAX);
    irc_line(session, "AUTHENTICATE +");
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
        !utf8_valid(whole) || (authzid.len && !text_equal_nocase(authzid, authcid))) {
        fail(session);
        return;
    }
    session_log_in(session, authcid, password);
}

static void log_in(struct session *session)
{
    struct irc *irc = irc_of(session);
    struct buf plain;
    buf_init(&plain, ENCODED_MAX);
    if (!base64_decode(buf_text(&irc->sasl->encoded), &plain)) {
        fail(session);
    } else if (irc->sasl->external) {
        finish(session);
        session_log_in_by_certificate(session, buf_text(&plain));
    } else {
        finish(session);
        log_in_plain(session, buf_text(&plain));
    }
    if (plain.len) {
        explicit_bzero(plain.at, plain.len);
    }
    buf_finish(&plain);
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
        log_in(session);
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
