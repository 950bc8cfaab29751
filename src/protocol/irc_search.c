// SEARCH (IRCv3 draft/search and soju.im/search): messages of one channel or conversation, by their
// words, sender and time.
#include "protocol/irc_commands.h"
#include "protocol/irc_history.h"
#include "protocol/irc_history_query.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"
#include "protocol/irc_time.h"

enum { LIMIT_USUAL = 100 };

static const struct irc_history_manner vendors = {"SEARCH", "soju.im/search", "INVALID_PARAMS",
                                                  "INTERNAL_ERROR"};
static const struct irc_history_manner drafts = {"SEARCH", "search", "INVALID_PARAMS",
                                                 "INTERNAL_ERROR"};

static void fail(struct session *session, const char *attribute, const char *sentence)
{
    irc_standard(session, "FAIL", "SEARCH", "INVALID_PARAMS", text_of(attribute), sentence);
}

// An attribute as it was before it was escaped; false if there is none.
static bool take(struct text attributes, const char *name, struct buf *value)
{
    struct text escaped = irc_tags_value(attributes, text_of(name));
    buf_init(value, IRC_BODY_MAX);
    return escaped.at && irc_tag_add_unescaped(value, escaped) && value->len > 0;
}

// `beside_ms`: a mark is not among what lies between marks, but this time shall be.
static bool take_time(struct session *session, struct text attributes, const char *name,
                      int64_t beside_ms, struct store_mark *mark)
{
    struct buf value;
    int64_t time_ms = 0;
    bool given = take(attributes, name, &value);
    bool is_time = !given || irc_time_parse(buf_text(&value), &time_ms);
    if (!is_time) {
        fail(session, name, "This is no time: 2026-01-31T12:00:00.000Z is one");
    } else if (given) {
        *mark = (struct store_mark){.kind = STORE_TIME, .time_ms = time_ms + beside_ms};
    }
    buf_finish(&value);
    return is_time;
}

static bool take_limit(struct session *session, struct text attributes, uint32_t *limit)
{
    struct buf value;
    uint64_t number = LIMIT_USUAL;
    bool given = take(attributes, "limit", &value);
    bool fits = !given || (text_number(buf_text(&value), UINT32_MAX, &number) && number > 0);
    if (!fits) {
        fail(session, "limit", "The limit is a number from 1 on");
    }
    uint32_t most = session_limits(session)->history_page;
    *limit = number < most ? (uint32_t)number : most;
    buf_finish(&value);
    return fits;
}

static void search(struct session *session, struct text attributes, struct irc_history_wish *wish)
{
    struct buf target;
    struct buf words;
    struct buf sender;
    bool has_target = take(attributes, "in", &target);
    take(attributes, "text", &words);
    take(attributes, "from", &sender);
    if (has_target) {
        wish->target = buf_text(&target);
        wish->query.words = buf_text(&words);
        bool by_vendor = irc_has_more(session, MORE_SOJU_SEARCH);
        irc_history_answer(session, by_vendor ? &vendors : &drafts, wish, buf_text(&sender));
    } else {
        fail(session, "in", "SEARCH needs to know where: in=#channel or in=nick");
    }
    buf_finish(&target);
    buf_finish(&words);
    buf_finish(&sender);
}

void irc_command_search(struct session *session, const struct irc_message *message)
{
    struct text attributes = message->param[0];
    struct irc_history_wish wish = {.verb = "in", .query = {.kinds = IRC_KINDS_SAID}};
    wish.query.from.kind = STORE_END;
    wish.query.to.kind = STORE_START;
    if (take_time(session, attributes, "before", 1, &wish.query.from) &&
        take_time(session, attributes, "after", -1, &wish.query.to) &&
        take_limit(session, attributes, &wish.query.limit)) {
        search(session, attributes, &wish);
    }
}
