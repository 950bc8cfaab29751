// Before the server lets the person in: the name, and what else it asks for.
#include "client/options.h"
#include "client/session_parts.h"

enum {
    RULE_LEN = 50, // '=' characters of the line that begins the welcome
    TOKEN_MAX = 4096,
    HELD_MS = 3 * 60 * 1000, // how long the server may take to notice a dead connection
};

static struct text own_name(const struct session *s)
{
    return text_head(buf_text(&s->name), s->name.len - (s->name.len > 0));
}

void session_want_token(struct session *s)
{
    buf_add(&s->way, TEXT("/token\n"));
    s->door.awaits_token = true;
}

static bool is_rule(struct text line)
{
    size_t equals = 0;
    while (equals < line.len && line.at[equals] == '=') {
        equals++;
    }
    return equals == RULE_LEN && line.len == RULE_LEN;
}

static bool text_has(struct text t, struct text part)
{
    return part.len && t.len && memmem(t.at, t.len, part.at, part.len);
}

// After a lost connection the server may take minutes to notice that the old one is dead.
static bool wait_for_own_name(struct session *s, struct text refusal)
{
    if (!s->been_in || !text_has(refusal, TEXT(" is taken"))) {
        return false;
    }
    int64_t now_ms = s->host.now_ms(s->host.context);
    if (s->held_since_ms == 0) {
        s->held_since_ms = now_ms;
        session_tell(s,
                     "Your name is still held by the lost connection; trying again for 3 minutes.");
    }
    if (now_ms - s->held_since_ms >= HELD_MS) {
        return false;
    }
    s->host.disconnect(s->host.context);
    session_retry(s);
    return true;
}

static void name_refused(struct session *s, struct text refusal)
{
    if (wait_for_own_name(s, refusal)) {
        return;
    }
    if (!s->config.piped) {
        session_show(s, refusal);
        buf_reset(&s->name);
        s->name_sent = 0;
        session_ask(s, SESSION_PROMPT_NAME);
        return;
    }
    struct text sentence = text_skip(refusal, TEXT("[SYSTEM] ").len);
    struct text request = TEXT(" Choose another:");
    if (text_has(sentence, request)) {
        sentence.len -= request.len;
    }
    struct text readable = session_visible(s, sentence);
    session_tell(s, "%.*s Choose another with --name.", TEXT_ARG(text_head(readable, 500)));
    s->host.disconnect(s->host.context);
    session_end(s, SESSION_EXIT_NAME_REFUSED);
}

// The last secret was the kept token.
static bool token_answered(const struct session *s)
{
    return s->door.answered && s->door.took_token && !s->door.took_password;
}

// It may have ended meanwhile; the password will do.
static void forget_token(struct session *s)
{
    s->host.token_keep(s->host.context, own_name(s), TEXT(""));
}

// The kept token answers for the name, or the person; in a pipe nobody can. Asked again, it was
// wrong.
static void secret_asked(struct session *s, struct text line, bool for_name)
{
    struct buf token;
    buf_init(&token, TOKEN_MAX);
    if (token_answered(s)) {
        forget_token(s);
    }
    s->door.took_password = false;
    if (for_name && !s->door.took_token && !s->door.exposed &&
        s->host.token_find(s->host.context, own_name(s), &token)) {
        door_answer(&s->door, buf_text(&token));
        s->door.took_token = true;
    } else if (s->config.piped) {
        session_tell(s, for_name ? "The name is registered, and in a pipe nobody can type its "
                                   "password. Use the name once in a terminal: hobnob asks for "
                                   "the password there, and keeps a token that lets pipes in too."
                                 : "The server asks for its password, and in a pipe nobody can "
                                   "type that. Register a name once in a terminal, with "
                                   "/register: hobnob keeps a token that lets pipes in too.");
        s->host.disconnect(s->host.context);
        session_end(s, SESSION_EXIT_NAME_REFUSED);
    } else {
        session_show(s, line);
        s->door.took_password = for_name;
        session_ask(s, SESSION_PROMPT_SECRET);
    }
    buf_wipe(&token);
}

// After a secret a name is asked for again.
static void back_to_names(struct session *s, struct text line)
{
    s->door.answered = s->door.took_password = false;
    name_refused(s, line);
}

// What the server says to the name that was sent, and then to a secret.
static void answer_at_door(struct session *s, struct text line)
{
    enum door_line asked = door_read(line);
    if (asked == DOOR_PASSWORD || asked == DOOR_PHRASE) {
        secret_asked(s, line, asked == DOOR_PASSWORD);
    } else if (s->door.answered && asked == DOOR_NAME) {
        back_to_names(s, line);
    } else if (s->door.answered) {
        session_show(s, line);
    } else {
        name_refused(s, line);
    }
}

void session_line_before_in(struct session *s, struct text line)
{
    struct text system = TEXT("[SYSTEM] ");
    if (is_rule(line)) {
        session_let_in(s);
        session_show(s, line);
    } else if (!text_starts(line, system)) {
        session_show(s, line);
    } else {
        s->farewell = session_find_farewell(text_skip(line, system.len));
        if (s->farewell < 0 && s->name.len && s->name_sent == s->name.len) {
            answer_at_door(s, line);
        } else {
            session_show(s, line);
        }
    }
}

static bool has_token(struct session *s)
{
    struct buf token;
    buf_init(&token, TOKEN_MAX);
    bool has = s->host.token_find(s->host.context, own_name(s), &token);
    buf_wipe(&token);
    return has;
}

bool session_note_token(struct session *s, struct text line)
{
    struct text token = door_token(line);
    if (s->door.awaits_token && token.len) {
        s->door.awaits_token = false;
        s->host.token_keep(s->host.context, own_name(s), token);
        return true;
    }
    bool changed = door_tokens_ended(line) || (door_logged_in(line, own_name(s)) && !has_token(s));
    if (changed && !s->config.relay && !s->door.exposed) {
        session_want_token(s);
    }
    return false;
}
