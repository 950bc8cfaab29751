#include "client/door.h"

enum { SECRET_MAX = 8192, TOKEN_DIGITS = 64 };

static const struct text token_start = TEXT_INIT("hobnob-token:");

void door_init(struct door *d)
{
    *d = (struct door){0};
    buf_init(&d->secret, SECRET_MAX);
}

void door_finish(struct door *d)
{
    buf_wipe(&d->secret);
}

void door_restart(struct door *d)
{
    buf_wipe(&d->secret);
    d->asking = d->answered = d->took_token = d->took_password = d->awaits_token = false;
}

void door_answer(struct door *d, struct text line)
{
    buf_wipe(&d->secret);
    buf_printf(&d->secret, "%.*s\n", TEXT_ARG(line));
    d->asking = false;
    d->answered = true;
}

void door_sent(struct door *d, size_t count)
{
    if (count == d->secret.len) {
        buf_wipe(&d->secret);
    } else {
        buf_drop(&d->secret, count);
    }
}

static bool ends(struct text line, struct text end)
{
    return line.len >= end.len && text_equal(text_skip(line, line.len - end.len), end);
}

enum door_line door_read(struct text line)
{
    if (!text_starts(line, TEXT("[SYSTEM] "))) {
        return DOOR_OTHER;
    }
    if (ends(line, TEXT(" is registered. Type its password:")) ||
        (text_starts(line, TEXT("[SYSTEM] Type the password of \"")) &&
         ends(line, TEXT("\" again, or an empty line for another name:")))) {
        return DOOR_PASSWORD;
    }
    if (ends(line, TEXT("] This server asks everybody for its password. Type it:")) ||
        ends(line,
             TEXT("] Type the server's password again, or an empty line for another name:"))) {
        return DOOR_PHRASE;
    }
    return ends(line, TEXT("] Give your name again, or another:")) ||
                   ends(line, TEXT("] Then choose another name:"))
               ? DOOR_NAME
               : DOOR_OTHER;
}

static bool says_of(struct text line, struct text start, struct text name, struct text end)
{
    struct text rest = text_skip(line, start.len);
    return text_starts(line, start) && text_equal_nocase(text_head(rest, name.len), name) &&
           text_starts(text_skip(rest, name.len), end);
}

bool door_logged_in(struct text line, struct text name)
{
    return says_of(line, TEXT("[SYSTEM] You are logged in as "), name, TEXT(".")) ||
           says_of(line, TEXT("[SYSTEM] The name "), name, TEXT(" is yours now,"));
}

bool door_tokens_ended(struct text line)
{
    return text_starts(line, TEXT("[SYSTEM] You have a new password."));
}

struct text door_token(struct text line)
{
    static const struct text start = TEXT_INIT("[SYSTEM] This lets a client in instead of your "
                                               "password; it is shown only once: ");
    struct text token = text_skip(line, start.len);
    bool is_token = text_starts(line, start) && text_starts(token, token_start) &&
                    token.len == token_start.len + TOKEN_DIGITS;
    for (size_t i = token_start.len; is_token && i < token.len; i++) {
        is_token = memchr("0123456789abcdef", token.at[i], 16);
    }
    return is_token ? token : TEXT("");
}
