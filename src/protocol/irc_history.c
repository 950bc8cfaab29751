#include "protocol/irc_history.h"

#include "base/must.h"
#include "chat/name.h"
#include "chat/reading.h"
#include "chat/rights.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_render.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"
#include "protocol/irc_time.h"
#include "store/store_range.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum {
    LINES_BYTES = 400 * 1024,
    SAID = 1u << MESSAGE_SAY | 1u << MESSAGE_ACTION | 1u << MESSAGE_NOTICE,
    CONVERSATIONS_MAX = STORE_PAGE_MESSAGES_MAX,
};

enum history_stage {
    STAGE_MESSAGES,
    STAGE_SEEKING, // whose conversation it is: the nick is nobody's now
    STAGE_TARGETS,
};

// A CHATHISTORY that is being answered.
struct irc_history {
    const char *verb;
    struct text target; // as the client wrote it; owned
    enum history_stage stage;
    struct store_query query; // its texts are `place` or nothing
    struct text place;        // owned; empty: not known
    char batch[16];
    bool found;
};

static void fail(struct session *session, const char *code, const char *verb, struct text target,
                 const char *sentence)
{
    struct buf context;
    buf_init(&context, 256);
    buf_add(&context, text_of(verb));
    if (target.len) {
        buf_printf(&context, " %.*s", TEXT_ARG(irc_shown(target)));
    }
    irc_standard(session, "FAIL", "CHATHISTORY", code, buf_text(&context), sentence);
    buf_finish(&context);
}

void irc_history_finish(struct session *session)
{
    struct irc *irc = irc_of(session);
    if (irc->history) {
        text_disown(irc->history->target);
        text_disown(irc->history->place);
        free(irc->history);
        irc->history = NULL;
    }
}

// A batch's line; `parameters` follow its type.
static void batch_begin(struct session *session, char batch[16], const char *type,
                        struct text target)
{
    snprintf(batch, 16, "%u", irc_batch_next(session));
    irc_line(session, "BATCH +%s %s%s%.*s", batch, type, target.len ? " " : "", TEXT_ARG(target));
}

static void batch_end(struct session *session, const char *batch)
{
    if (*batch) {
        irc_line(session, "BATCH -%s", batch);
    }
}

static void add_messages(struct session *session, const char *batch, struct text room,
                         const struct message *messages, size_t count)
{
    struct buf lines;
    buf_init(&lines, LINES_BYTES);
    for (size_t i = 0; i < count; i++) {
        const struct message *m = &messages[i];
        irc_render_message(m, room.len ? room : m->recipient_name, session->options,
                           *batch ? batch : NULL, &lines);
    }
    irc_rendered(session, buf_text(&lines));
    buf_finish(&lines);
}

// What has been gathered goes out before the next part is asked for.
static void send_part(struct session *session)
{
    struct buf out;
    buf_init(&out, 2 * LINES_BYTES);
    irc_answer_part(session, &out, false);
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

static void show_messages(struct session *session, const struct page *page)
{
    struct irc_history *history = irc_of(session)->history;
    bool in_room = text_starts(history->target, TEXT("#"));
    if (page->first && irc_has(session, CAP_BATCH)) {
        batch_begin(session, history->batch, "chathistory",
                    in_room ? page->place : history->target);
    }
    add_messages(session, history->batch, in_room ? page->place : TEXT(""), page->messages,
                 page->count);
    if (page->last) {
        batch_end(session, history->batch);
    } else {
        send_part(session);
    }
}

// The other one of a conversation.
static struct identity other_of(const struct session *session, const struct message *message,
                                struct text *name)
{
    struct identity own = session->user->identity;
    bool sent = message->sender.number == own.number && message->sender.account == own.account;
    *name = sent ? message->recipient_name : message->sender_name;
    return sent ? message->recipient : message->sender;
}

static void set_place(struct irc_history *history, struct text key)
{
    text_disown(history->place);
    history->place = text_own(key);
}

static bool is_same_name(struct text a, struct text b)
{
    struct buf first;
    struct buf second;
    buf_init(&first, NAME_KEY_MAX);
    buf_init(&second, NAME_KEY_MAX);
    bool same = name_fold(a, &first) && name_fold(b, &second) &&
                text_equal(buf_text(&first), buf_text(&second));
    buf_finish(&first);
    buf_finish(&second);
    return same;
}

static void seek(struct session *session, const struct page *page)
{
    struct irc_history *history = irc_of(session)->history;
    for (size_t i = page->count; i > 0 && !history->found; i--) {
        struct text name;
        other_of(session, &page->messages[i - 1], &name);
        if (is_same_name(name, history->target)) {
            set_place(history, page->messages[i - 1].place);
            history->found = true;
        }
    }
    if (!history->found) {
        fail(session, "INVALID_TARGET", history->verb, history->target,
             "Messages could not be retrieved");
    }
}

struct target {
    int64_t time_ms;
    struct text name;
};

static int by_time(const void *a, const void *b)
{
    int64_t first = ((const struct target *)a)->time_ms;
    int64_t second = ((const struct target *)b)->time_ms;
    return (first > second) - (first < second);
}

// The channels that the session is in, by their newest message.
static size_t add_rooms(const struct session *session, const struct store_query *query,
                        struct target *targets)
{
    size_t count = 0;
    for (const struct member *m = session->members; m; m = m->session_next) {
        const struct recent *recent = m->room->recent;
        if (recent && recent->count) {
            int64_t time_ms = recent_at(recent, recent->count - 1)->time_ms;
            if (store_query_wants_time(query, time_ms)) {
                targets[count++] = (struct target){time_ms, m->room->shown};
            }
        }
    }
    return count;
}

static size_t count_rooms(const struct session *session)
{
    size_t count = 0;
    for (const struct member *m = session->members; m; m = m->session_next) {
        count++;
    }
    return count;
}

static void show_targets(struct session *session, const struct page *page)
{
    struct irc_history *history = irc_of(session)->history;
    struct target *targets = mem_array(page->count + count_rooms(session), sizeof *targets);
    size_t count = add_rooms(session, &history->query, targets);
    for (size_t i = 0; i < page->count; i++) {
        struct target *target = &targets[count++];
        target->time_ms = page->messages[i].time_ms;
        other_of(session, &page->messages[i], &target->name);
    }
    if (count) {
        qsort(targets, count, sizeof *targets, by_time);
    }
    size_t limit = history->query.limit < count ? history->query.limit : count;
    size_t first = store_query_is_forward(&history->query) ? 0 : count - limit;
    if (irc_has(session, CAP_BATCH)) {
        batch_begin(session, history->batch, "draft/chathistory-targets", TEXT(""));
    }
    struct buf line;
    buf_init(&line, 1024);
    for (size_t i = first; i < first + limit; i++) {
        buf_reset(&line);
        if (*history->batch) {
            buf_printf(&line, "@batch=%s ", history->batch);
        }
        buf_printf(&line, ":%.*s CHATHISTORY TARGETS %.*s ", TEXT_ARG(irc_server(session)),
                   TEXT_ARG(targets[i].name));
        irc_time_add(&line, targets[i].time_ms);
        buf_add(&line, TEXT("\r\n"));
        irc_rendered(session, buf_text(&line));
    }
    buf_finish(&line);
    batch_end(session, history->batch);
    free(targets);
}

void irc_history_page(struct session *session, const struct page *page)
{
    static void (*const shows[])(struct session *, const struct page *) = {
        [STAGE_MESSAGES] = show_messages, [STAGE_SEEKING] = seek, [STAGE_TARGETS] = show_targets};
    struct irc_history *history = irc_of(session)->history;
    must(history);
    if (page->error) {
        const char *sentence = page->error == -ENOENT ? "No message here has this id"
                                                      : "Messages could not be retrieved";
        fail(session, "MESSAGE_ERROR", history->verb, history->target, sentence);
        batch_end(session, history->batch);
    } else {
        shows[history->stage](session, page);
    }
}

static void read_messages(struct session *session, struct text subject)
{
    struct irc_history *history = irc_of(session)->history;
    history->stage = STAGE_MESSAGES;
    history->query.place = history->place;
    session_read_history(session, &history->query, subject);
}

bool irc_history_next(struct session *session)
{
    struct irc_history *history = irc_of(session)->history;
    if (history && history->stage == STAGE_SEEKING && history->found) {
        read_messages(session, history->target);
        return true;
    }
    irc_history_finish(session);
    return false;
}

static void seek_conversation(struct session *session)
{
    struct irc_history *history = irc_of(session)->history;
    history->stage = STAGE_SEEKING;
    struct store_query query = {.who = session->user->identity,
                                .from = {.kind = STORE_END},
                                .to = {.kind = STORE_START},
                                .limit = CONVERSATIONS_MAX};
    session_read_history(session, &query, TEXT(""));
}

static void read_target(struct session *session)
{
    struct irc_history *history = irc_of(session)->history;
    char key[STORE_KEY_MAX];
    if (text_starts(history->target, TEXT("#"))) {
        struct room *room = session_find_room(session, history->target);
        if (!room || (!room_member(session, room) && !session->user->is_operator)) {
            fail(session, "INVALID_TARGET", history->verb, history->target,
                 "Messages could not be retrieved");
            return;
        }
        set_place(history, room->key);
        read_messages(session, room->shown);
        return;
    }
    const struct user *user = session_find_user(session, history->target);
    if (user) {
        set_place(history, store_conversation_key(key, session->user->identity, user->identity));
        read_messages(session, user->name);
    } else {
        seek_conversation(session);
    }
}

// What a verb's references become.
struct verb {
    struct text name;
    uint8_t marks; // references: 0, 1 or 2
    enum store_mark_kind from;
    enum store_mark_kind to; // 0: the references, in their order
    bool any;                // the reference may be '*'
    bool around;
};

static const struct verb verbs[] = {
    {TEXT_INIT("LATEST"), 1, STORE_END, 0, true, false},
    {TEXT_INIT("BEFORE"), 1, 0, STORE_START, false, false},
    {TEXT_INIT("AFTER"), 1, 0, STORE_END, false, false},
    {TEXT_INIT("AROUND"), 1, 0, STORE_END, false, true},
    {TEXT_INIT("BETWEEN"), 2, 0, 0, false, false},
    {TEXT_INIT("TARGETS"), 2, 0, 0, false, false},
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

static bool parse_id(struct text text, uint64_t *id)
{
    *id = 0;
    for (size_t i = 0; i < text.len; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = memchr(digits, text.at[i], 16);
        if (!digit) {
            return false;
        }
        *id = *id << 4 | (uint64_t)(digit - digits);
    }
    return text.len > 0 && text.len <= 16;
}

bool irc_msgid_parse(struct text text, uint64_t *id)
{
    return parse_id(text, id) && *id <= INT64_MAX;
}

// NULL, or the code of what is wrong.
static const char *parse_mark(struct text text, const struct verb *verb, struct store_mark *mark)
{
    bool targets = text_equal(verb->name, TEXT("TARGETS"));
    if (text_equal(text, TEXT("*")) && verb->any) {
        mark->kind = STORE_START;
        return NULL;
    }
    if (text_starts(text, TEXT("timestamp="))) {
        mark->kind = STORE_TIME;
        return irc_time_parse(text_skip(text, strlen("timestamp=")), &mark->time_ms)
                   ? NULL
                   : "INVALID_PARAMS";
    }
    if (text_starts(text, TEXT("msgid=")) && !targets) {
        mark->kind = STORE_ID;
        // What cannot be an id of a message is one that no message has.
        if (!irc_msgid_parse(text_skip(text, strlen("msgid=")), &mark->number)) {
            mark->number = 0;
        }
        return NULL;
    }
    return text_find(text, '=') < text.len && !targets ? "INVALID_MSGREFTYPE" : "INVALID_PARAMS";
}

static bool parse_marks(struct session *session, const struct verb *verb,
                        const struct irc_message *message, size_t at, struct store_query *query)
{
    struct store_mark marks[2] = {{0}};
    for (size_t i = 0; i < verb->marks; i++) {
        const char *code = parse_mark(message->param[at + i], verb, &marks[i]);
        if (code) {
            fail(session, code, verb->name.at, message->param[at + i],
                 "This is no reference that is understood here");
            return false;
        }
    }
    query->from = verb->from ? (struct store_mark){.kind = verb->from} : marks[0];
    query->to = verb->to ? (struct store_mark){.kind = verb->to} : marks[verb->from ? 0 : 1];
    query->around = verb->around;
    return true;
}

static bool parse(struct session *session, const struct verb *verb,
                  const struct irc_message *message, struct store_query *query)
{
    bool has_target = !text_equal(verb->name, TEXT("TARGETS"));
    size_t wanted = 2u + has_target + verb->marks;
    if (message->param_count != wanted) {
        fail(session, "INVALID_PARAMS", verb->name.at, TEXT(""),
             message->param_count < wanted ? "Insufficient parameters" : "Too many parameters");
        return false;
    }
    uint64_t limit;
    uint64_t most = session_limits(session)->history_page;
    if (!text_number(message->param[wanted - 1], UINT32_MAX, &limit) || limit == 0) {
        fail(session, "INVALID_PARAMS", verb->name.at, message->param[wanted - 1],
             "The limit is a number from 1 on");
        return false;
    }
    query->limit = (uint32_t)(limit < most ? limit : most);
    query->kinds = SAID | (irc_has(session, CAP_EVENT_PLAYBACK) ? 1u << MESSAGE_TOPIC : 0);
    return parse_marks(session, verb, message, has_target ? 2 : 1, query);
}

void irc_command_chathistory(struct session *session, const struct irc_message *message)
{
    const struct verb *verb = find_verb(message->param[0]);
    struct store_query query = {0};
    if (!verb) {
        fail(session, "INVALID_PARAMS", "*", message->param[0], "Unknown command");
        return;
    }
    if (!parse(session, verb, message, &query)) {
        return;
    }
    irc_history_finish(session);
    struct irc_history *history = mem_alloc(sizeof *history);
    irc_of(session)->history = history;
    history->verb = verb->name.at;
    history->target = text_own(TEXT(""));
    history->place = text_own(TEXT(""));
    history->query = query;
    if (text_equal(verb->name, TEXT("TARGETS"))) {
        history->stage = STAGE_TARGETS;
        history->query.kinds = 0;
        history->query.who = session->user->identity;
        session_read_history(session, &history->query, TEXT(""));
        return;
    }
    text_disown(history->target);
    history->target = text_own(message->param[1]);
    read_target(session);
}

// For clients that show no other time: "[12:30] hello".
static void add_with_time(struct session *session, const struct message *message, struct text room,
                          const char *batch)
{
    char stamp[16];
    time_t seconds = (time_t)(message->time_ms / 1000);
    struct tm local = {0};
    localtime_r(&seconds, &local);
    strftime(stamp, sizeof stamp, "[%H:%M] ", &local);
    struct buf text;
    buf_init(&text, STORE_TEXT_MAX + sizeof stamp);
    buf_add(&text, text_of(stamp));
    buf_add(&text, message->text);
    struct message stamped = *message;
    stamped.text = buf_text(&text);
    add_messages(session, batch, room, &stamped, 1);
    buf_finish(&text);
}

void irc_history_left(struct session *session, const struct room *room)
{
    struct irc *irc = irc_of(session);
    struct irc_left *left = &irc->left[irc->left_next++ % IRC_LEFT_MAX];
    text_disown(left->room);
    *left = (struct irc_left){text_own(room->key), room->last_seq};
}

// The number of the last message that it has seen in this room.
static uint64_t seen_in(const struct session *session, const struct room *room)
{
    const struct irc *irc = irc_of(session);
    uint64_t seq = 0;
    for (size_t i = 0; i < IRC_LEFT_MAX; i++) {
        bool here = text_equal(irc->left[i].room, room->key);
        seq = here && irc->left[i].seq > seq ? irc->left[i].seq : seq;
    }
    return seq;
}

static bool is_for_join(const struct message *message, uint64_t seen)
{
    return message->seq > seen && ((SAID >> message->kind) & 1u);
}

void irc_history_on_join(struct session *session, const struct room *room)
{
    uint32_t wanted = session_limits(session)->history_on_join_irc;
    const struct recent *recent = room->recent;
    if (irc_has(session, CAP_CHATHISTORY) || !recent) {
        return;
    }
    uint64_t seen = seen_in(session, room);
    uint32_t from = recent->count;
    uint32_t count = 0;
    while (from > 0 && count < wanted) {
        count += is_for_join(recent_at(recent, --from), seen);
    }
    char batch[16] = "";
    if (count && irc_has(session, CAP_BATCH)) {
        batch_begin(session, batch, "chathistory", room->shown);
    }
    for (; count && from < recent->count; from++) {
        const struct message *message = recent_at(recent, from);
        if (!is_for_join(message, seen)) {
            continue;
        }
        if (irc_has(session, CAP_SERVER_TIME)) {
            add_messages(session, batch, room->shown, message, 1);
        } else {
            add_with_time(session, message, room->shown, batch);
        }
    }
    batch_end(session, batch);
}
