#include "protocol/irc_history_query.h"

#include "protocol/irc_time.h"

// How a verb's references become marks.
struct verb {
    struct text name;
    uint8_t marks; // references
    enum store_mark_kind from;
    enum store_mark_kind to; // 0: the references, in their order
    bool any;                // the reference may be '*'
    bool around;
    bool is_targets;
};

static const struct verb verbs[] = {
    {TEXT_INIT("LATEST"), 1, STORE_END, 0, true, false, false},
    {TEXT_INIT("BEFORE"), 1, 0, STORE_START, false, false, false},
    {TEXT_INIT("AFTER"), 1, 0, STORE_END, false, false, false},
    {TEXT_INIT("AROUND"), 1, 0, STORE_END, false, true, false},
    {TEXT_INIT("BETWEEN"), 2, 0, 0, false, false, false},
    {TEXT_INIT("TARGETS"), 2, 0, 0, false, false, true},
};

static const struct verb *find_verb(struct text name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (text_equal_nocase(verbs[i].name, name)) {
            return &verbs[i];
        }
    }
    return NULL;
}

bool irc_msgid_parse(struct text text, uint64_t *id)
{
    *id = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool digit = c >= '0' && c <= '9';
        if (!digit && !(c >= 'a' && c <= 'f')) {
            return false;
        }
        *id = *id << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
    }
    return text.len > 0 && text.len <= 16 && *id <= INT64_MAX;
}

// NULL, or the code of what is wrong.
static const char *parse_mark(struct text text, const struct verb *verb, struct store_mark *mark)
{
    if (text_equal(text, TEXT("*")) && verb->any) {
        mark->kind = STORE_START;
        return NULL;
    }
    if (text_starts(text, TEXT("timestamp="))) {
        mark->kind = STORE_TIME;
        struct text time = text_skip(text, strlen("timestamp="));
        return irc_time_parse(time, &mark->time_ms) ? NULL : "INVALID_PARAMS";
    }
    if (text_starts(text, TEXT("msgid=")) && !verb->is_targets) {
        mark->kind = STORE_ID;
        // What cannot be an id of a message is one that no message has.
        if (!irc_msgid_parse(text_skip(text, strlen("msgid=")), &mark->number)) {
            mark->number = 0;
        }
        return NULL;
    }
    bool other = text_find(text, '=') < text.len;
    return other && !verb->is_targets ? "INVALID_MSGREFTYPE" : "INVALID_PARAMS";
}

static bool parse_marks(const struct verb *verb, const struct text *references,
                        struct store_query *query, struct irc_history_fault *fault)
{
    struct store_mark marks[2] = {{0}};
    size_t next = 0;
    for (size_t i = 0; i < verb->marks; i++) {
        fault->code = parse_mark(references[i], verb, &marks[i]);
        if (fault->code) {
            fault->context = references[i];
            fault->sentence = "This is no reference that is understood here";
            return false;
        }
    }
    query->from.kind = verb->from;
    query->to.kind = verb->to;
    if (!verb->from) {
        query->from = marks[next++];
    }
    if (!verb->to) {
        query->to = marks[next];
    }
    query->around = verb->around;
    return true;
}

bool irc_history_parse(const struct irc_message *message, uint32_t limit_max, bool events,
                       struct irc_history_wish *wish, struct irc_history_fault *fault)
{
    const struct verb *verb = find_verb(message->param[0]);
    *fault =
        (struct irc_history_fault){"INVALID_PARAMS", "*", message->param[0], "Unknown command"};
    if (!verb) {
        return false;
    }
    *fault = (struct irc_history_fault){"INVALID_PARAMS", verb->name.at, TEXT(""), ""};
    size_t first_mark = verb->is_targets ? 1 : 2;
    size_t wanted = first_mark + verb->marks + 1;
    if (message->param_count != wanted) {
        fault->sentence =
            message->param_count < wanted ? "Insufficient parameters" : "Too many parameters";
        return false;
    }
    uint64_t limit;
    if (!text_number(message->param[wanted - 1], UINT32_MAX, &limit) || limit == 0) {
        fault->context = message->param[wanted - 1];
        fault->sentence = "The limit is a number from 1 on";
        return false;
    }
    *wish = (struct irc_history_wish){.verb = verb->name.at, .is_targets = verb->is_targets};
    wish->target = verb->is_targets ? TEXT("") : message->param[1];
    wish->query.limit = (uint32_t)(limit < limit_max ? limit : limit_max);
    wish->query.kinds = IRC_KINDS_SAID;
    if (events) {
        wish->query.kinds |= 1u << MESSAGE_TOPIC | 1u << MESSAGE_TAGS;
    }
    return parse_marks(verb, message->param + first_mark, &wish->query, fault);
}
