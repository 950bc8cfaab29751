#include "protocol/plain_key.h"

#include "chat/account_key.h"
#include "chat/login.h"
#include "protocol/plain_render.h"

static void list(struct session *session, enum key_kind kind, const char *what)
{
    struct buf out;
    buf_init(&out, 16 * 1024);
    if (!session->account) {
        plain_say(session, "You are not logged in.");
        return;
    }
    const struct account_key *key = key_next(session->account, kind, NULL);
    buf_printf(&out, "[SYSTEM] %s of %.*s:%s\n", what, TEXT_ARG(session->account->name),
               key ? "" : " none.");
    for (; key; key = key_next(session->account, kind, key)) {
        buf_add(&out, TEXT("  "));
        key_say(key, &out);
        buf_add_char(&out, '\n');
    }
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

void plain_run_cert(struct session *session, struct text rest)
{
    struct text word = text_word(&rest);
    if (text_equal_nocase(word, TEXT("add")) && rest.len == 0) {
        session_add_certificate(session);
    } else if (text_equal_nocase(word, TEXT("list")) && rest.len == 0) {
        list(session, KEY_CERTIFICATE, "Certificates");
    } else if (text_equal_nocase(word, TEXT("del")) && rest.len) {
        session_end_certificate(session, rest);
    } else {
        plain_say(session, "Usage: /cert add, /cert list or /cert del <fingerprint>");
    }
}

void plain_run_devices(struct session *session, struct text rest)
{
    struct text word = text_word(&rest);
    if (word.len == 0) {
        list(session, KEY_TOKEN, "Devices with a resume token");
    } else if (text_equal_nocase(word, TEXT("end")) && rest.len) {
        session_end_token(session, rest);
    } else {
        plain_say(session, "Usage: /devices or /devices end <token>");
    }
}

void plain_run_token(struct session *session, struct text rest)
{
    (void)rest;
    session_make_token(session);
}
