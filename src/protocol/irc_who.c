// WHO, with masks and the fields of WHOX.
#include "base/utf8.h"
#include "chat/mask.h"
#include "chat/reading.h"
#include "chat/rights.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_names.h"
#include "protocol/irc_people.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum {
    PART_BYTES = 16 * 1024,
    SCAN_MAX = 5000, // users looked at before others have their turn
    TOKEN_MAX = 3,
};

// What is asked; the texts lie in the list's subject.
struct who {
    bool operators;     // only those of the server
    struct text fields; // of WHOX; empty: an ordinary WHO
    struct text token;
    struct text mask;
    struct room *room; // NULL: not about a channel
};

static struct text next_line(struct text *rest)
{
    size_t len = text_find(*rest, '\n');
    struct text line = text_head(*rest, len);
    *rest = text_skip(*rest, len + 1);
    return line;
}

static struct who who_of(struct session *session, struct text subject)
{
    struct who who = {.operators = text_equal(next_line(&subject), TEXT("o"))};
    who.fields = next_line(&subject);
    who.token = next_line(&subject);
    who.mask = subject;
    if (text_starts(who.mask, TEXT("#"))) {
        who.room = session_find_room(session, who.mask);
    }
    return who;
}

static void add_flags(struct session *session, const struct who *who, const struct user *user,
                      struct buf *out)
{
    const struct member *member = who->room ? user_member(user, who->room) : NULL;
    buf_printf(out, "%c%s%s%s", user->away ? 'G' : 'H', user->is_operator ? "*" : "",
               member ? irc_prefixes(session, member->ranks) : "",
               user->modes & USER_BOT ? "B" : "");
}

static void add_field(struct session *session, const struct who *who, const struct user *user,
                      char field, struct buf *out)
{
    struct actor actor = user_actor(user);
    switch (field) {
    case 't':
        buf_add(out, who->token);
        break;
    case 'c':
        buf_add(out, who->room ? who->room->shown : TEXT("*"));
        break;
    case 'u':
        buf_add(out, irc_login(&actor));
        break;
    case 'i':
        irc_add_address(out, irc_address(session, user), "255.255.255.255");
        break;
    case 'h':
        irc_add_host(out, &actor);
        break;
    case 's':
        buf_add(out, irc_server(session));
        break;
    case 'n':
        buf_add(out, user->name);
        break;
    case 'f':
        add_flags(session, who, user, out);
        break;
    case 'd':
        buf_add_char(out, '0');
        break;
    case 'l':
        buf_printf(out, "%lld", (long long)irc_idle_s(session, user));
        break;
    case 'a':
        buf_add(out, user->account.len ? user->account : TEXT("0"));
        break;
    case 'o':
        buf_add(out, TEXT("n/a"));
        break;
    default:
        buf_printf(out, ":%.*s", TEXT_ARG(user->real_name));
    }
}

// The order in which WHOX answers, whatever the order of the question.
static const char fields_in_order[] = "tcuihsnfdlaor";

static void reply(struct session *session, const struct who *who, const struct user *user)
{
    struct buf line;
    buf_init(&line, 1024);
    bool extended = who->fields.len > 0;
    const char *fields = extended ? fields_in_order : "cuhsnf";
    for (const char *field = fields; *field; field++) {
        if (!extended || text_find(who->fields, *field) < who->fields.len) {
            buf_add(&line, line.len ? TEXT(" ") : TEXT(""));
            add_field(session, who, user, *field, &line);
        }
    }
    if (extended) {
        irc_numeric(session, 354, "%.*s", TEXT_ARG(buf_text(&line)));
    } else {
        irc_numeric(session, 352, "%.*s :0 %.*s", TEXT_ARG(buf_text(&line)),
                    TEXT_ARG(user->real_name));
    }
    buf_finish(&line);
}

static bool fits_mask(const struct who *who, const struct user *user)
{
    struct actor actor = user_actor(user);
    struct buf whole;
    buf_init(&whole, 512);
    actor_add_mask(&whole, &actor);
    struct buf host;
    buf_init(&host, 64);
    irc_add_host(&host, &actor);
    bool fits = mask_matches(who->mask, user->name) || mask_matches(who->mask, buf_text(&whole)) ||
                mask_matches(who->mask, buf_text(&host)) ||
                mask_matches(who->mask, irc_login(&actor)) ||
                mask_matches(who->mask, user->real_name);
    buf_finish(&whole);
    buf_finish(&host);
    return fits;
}

static bool is_listed(const struct session *session, const struct who *who, const struct user *user)
{
    if (who->operators && !user->is_operator) {
        return false;
    }
    if (who->room) {
        return user_is_in(user, who->room) && irc_sees(session, user, who->room);
    }
    return irc_sees(session, user, NULL) && fits_mask(who, user);
}

static void end(struct session *session, struct text mask)
{
    irc_numeric(session, 315, "%.*s :End of WHO list", TEXT_ARG(irc_shown(mask)));
}

static bool who_part(struct session *session, struct text subject, struct buf *from,
                     struct buf *out)
{
    struct who who = who_of(session, subject);
    const struct user_registry *users = session_users(session);
    struct irc_answer *answer = &irc_of(session)->answer;
    size_t first = user_registry_rank(users, buf_text(from));
    size_t i = first;
    bool visible = who.mask.at[0] != '#' || (who.room && rights_see(session, who.room));
    while (visible && i < users->count && i - first < SCAN_MAX && answer->lines.len < PART_BYTES) {
        if (is_listed(session, &who, users->sorted[i])) {
            reply(session, &who, users->sorted[i]);
        }
        i++;
    }
    if (visible && i < users->count) {
        buf_reset(from);
        buf_add(from, users->sorted[i]->key);
        irc_answer_part(session, out, false);
        return true;
    }
    end(session, who.mask);
    return false;
}

static bool is_token(struct text token)
{
    for (size_t i = 0; i < token.len; i++) {
        if (token.at[i] < '0' || token.at[i] > '9') {
            return false;
        }
    }
    return token.len && token.len <= TOKEN_MAX;
}

// Takes "o", "%fields" or "%fields,token" apart.
static void read_options(struct text options, struct who *who)
{
    size_t percent = text_find(options, '%');
    struct text flags = text_head(options, percent);
    who->operators = text_find(flags, 'o') < flags.len;
    struct text fields = text_skip(options, percent + 1);
    size_t comma = text_find(fields, ',');
    who->fields = text_head(fields, comma);
    who->token = text_skip(fields, comma + 1);
    if (!is_token(who->token)) {
        who->token = TEXT("0");
    }
}

void irc_command_who(struct session *session, const struct irc_message *message)
{
    struct who who = {.token = TEXT("0")};
    who.mask = message->param_count ? message->param[0] : TEXT("*");
    if (message->param_count > 1) {
        read_options(message->param[1], &who);
    }
    if (who.mask.len == 0 || text_equal(who.mask, TEXT("0"))) {
        who.mask = TEXT("*");
    }
    // An exact name is shown to whoever knows it.
    struct user *user = session_find_user(session, who.mask);
    if (user) {
        if (!who.operators || user->is_operator) {
            reply(session, &who, user);
        }
        end(session, who.mask);
        return;
    }
    struct buf subject;
    buf_init(&subject, 2048);
    buf_printf(&subject, "%s\n%.*s\n%.*s\n%.*s", who.operators ? "o" : "", TEXT_ARG(who.fields),
               TEXT_ARG(who.token), TEXT_ARG(who.mask));
    if (!subject.overflow) {
        session_list(session, who_part, buf_text(&subject));
    } else {
        end(session, who.mask);
    }
    buf_finish(&subject);
}
