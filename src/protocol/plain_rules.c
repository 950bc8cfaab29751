#include "protocol/plain_rules.h"

#include "protocol/plain_render.h"

enum { MUTE = 1 }; // a ban from speaking

// What a mode means, set and not set; '%' stands for its parameter.
static const struct {
    char mode;
    const char *on;
    const char *off;
} sentences[] = {
    {'q', "has made % the founder", "has taken from % the rank of founder"},
    {'a', "has made % an administrator", "has taken from % the rank of administrator"},
    {'o', "has made % an operator", "has taken from % the rank of operator"},
    {'h', "has made % a half operator", "has taken from % the rank of half operator"},
    {'v', "has given % a voice", "has taken the voice from %"},
    {MUTE, "has muted %", "lets % speak again"},
    {'b', "has banned %", "has lifted the ban of %"},
    {'e', "has exempted % from bans", "has ended the exemption of %"},
    {'I', "lets % in without an invitation", "lets % in by invitation only"},
    {'i', "lets people in by invitation only", "lets everybody in"},
    {'k', "has set a password for this room", "has removed the password of this room"},
    {'l', "has limited this room to % people", "has lifted the limit of people"},
    {'W', "has everybody wait % seconds between two messages", "lets everybody talk without waits"},
    {'F', "has set against floods: %", "has what holds on the whole server against floods"},
    {'m', "lets only those with a voice speak", "lets everybody speak"},
    {'n', "lets only those who are in speak here", "lets people who are not in speak here"},
    {'s', "has hidden this room from lists", "shows this room in lists"},
    {'p', "has hidden this room from lists", "shows this room in lists"},
    {'t', "lets only operators change the topic", "lets everybody change the topic"},
    {'C', "has forbidden client requests", "has allowed client requests"},
    {'T', "has forbidden notices", "has allowed notices"},
    {'c', "has forbidden colours", "has allowed colours"},
    {'r', "lets only registered people speak", "lets unregistered people speak"},
    {'R', "lets only registered people in", "lets unregistered people in"},
};

enum { SENTENCES = sizeof sentences / sizeof *sentences };

static bool takes_parameter(const char *sentence)
{
    return text_find(text_of(sentence), '%') < text_of(sentence).len;
}

// What a mask means to people.
void plain_add_mask(struct text mask, struct buf *out)
{
    size_t bang = text_find(mask, '!');
    if (text_starts(mask, TEXT("~m:"))) {
        plain_add_mask(text_skip(mask, 3), out);
    } else if (text_starts(mask, TEXT("~a:"))) {
        buf_add(out, TEXT("the account "));
        plain_add_visible(out, text_skip(mask, 3));
    } else if (text_equal(mask, TEXT("~a"))) {
        buf_add(out, TEXT("everybody who is registered"));
    } else if (text_equal(mask, TEXT("*!*@*"))) {
        buf_add(out, TEXT("everybody"));
    } else if (text_starts(mask, TEXT("*!*@"))) {
        buf_add(out, TEXT("everybody from "));
        plain_add_visible(out, text_skip(mask, 4));
    } else if (text_equal(text_skip(mask, bang), TEXT("!*@*"))) {
        plain_add_visible(out, text_head(mask, bang));
    } else {
        plain_add_visible(out, mask);
    }
}

static void add_sentence(struct text sentence, struct text parameter, struct buf *out)
{
    size_t at = text_find(sentence, '%');
    buf_add(out, text_head(sentence, at));
    if (at < sentence.len) {
        plain_add_mask(parameter, out);
        buf_add(out, text_skip(sentence, at + 1));
    }
}

static void add_change(const struct event *event, uint32_t options, char mode, bool on,
                       struct text *parameters, struct buf *out)
{
    size_t i = 0;
    if (mode == 'b' && text_starts(*parameters, TEXT("~m:"))) {
        mode = MUTE;
    }
    while (i < SENTENCES && sentences[i].mode != mode) {
        i++;
    }
    if (i == SENTENCES) {
        return;
    }
    const char *sentence = on ? sentences[i].on : sentences[i].off;
    // A key stands among the parameters, but is nobody's to read.
    bool parameter = takes_parameter(sentence) || mode == 'k';
    struct text value = parameter ? text_word(parameters) : TEXT("");
    plain_add_stamp(event, options, out);
    buf_printf(out, "[SYSTEM] %.*s ", TEXT_ARG(event->actors[0].name));
    add_sentence(text_of(sentence), value, out);
    buf_add_char(out, '\n');
}

void plain_add_rules(const struct event *event, uint32_t options, struct buf *out)
{
    if (event->actor_count == 0) {
        return; // somebody is in again who has a rank: no news to people
    }
    struct text parameters = event->text;
    struct text modes = text_word(&parameters);
    bool on = true;
    for (size_t i = 0; i < modes.len; i++) {
        if (modes.at[i] == '+' || modes.at[i] == '-') {
            on = modes.at[i] == '+';
        } else {
            add_change(event, options, modes.at[i], on, &parameters, out);
        }
    }
}
