// Who comes by IRC: what makes up a registration, so that scripts need not show it.
#include "support/talk_script.h"

enum { LINE_BYTES = 1024 };

static void send(const struct script *s, struct talk_person *person, const char *before,
                 struct text what, const char *after)
{
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "%s%.*s%s", before, TEXT_ARG(what), after);
    script_send(s, person, text_of(line), false);
}

// Reads up to this line and with it.
static void skip_to(const struct script *s, struct talk_person *person, const char *before,
                    const char *after)
{
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "%s%s%s", before, person->name, after);
    person->skipping = true;
    script_expect(s, person, text_of(line));
}

static struct talk_person *registers(const struct script *s, struct text name, struct text caps)
{
    struct talk_person *person = script_connect(s, name, TALK_IRC);
    if (caps.len) {
        char line[LINE_BYTES];
        send(s, person, "CAP REQ :", caps, "");
        snprintf(line, sizeof line, ":Harbour CAP * ACK :%.*s", TEXT_ARG(caps));
        script_expect(s, person, text_of(line));
    }
    send(s, person, "NICK ", name, "");
    send(s, person, "USER ", name, " 0 * :The real {name}");
    if (caps.len) {
        script_send(s, person, TEXT("CAP END"), false);
    }
    skip_to(s, person, ":Harbour 422 ", " :MOTD File is missing");
    return person;
}

static void joins(const struct script *s, struct text name, struct text caps)
{
    struct talk_person *person = registers(s, name, caps);
    script_send(s, person, TEXT("JOIN #lobby"), false);
    skip_to(s, person, ":Harbour 366 ", " #lobby :End of /NAMES list.");
}

bool script_irc_act(const struct script *s, struct text name, struct text line)
{
    static const struct {
        struct text words;
        bool joins;
    } acts[] = {{TEXT_INIT("joins by IRC"), true}, {TEXT_INIT("registers"), false}};
    static const struct text with = TEXT_INIT(" with ");
    if (text_equal(line, TEXT("connects by IRC"))) {
        script_connect(s, name, TALK_IRC);
        return true;
    }
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        struct text rest = text_skip(line, acts[i].words.len);
        if (text_starts(line, acts[i].words) && (rest.len == 0 || text_starts(rest, with))) {
            struct text caps = text_skip(rest, rest.len ? with.len : 0);
            if (acts[i].joins) {
                joins(s, name, caps);
            } else {
                registers(s, name, caps);
            }
            return true;
        }
    }
    return false;
}
