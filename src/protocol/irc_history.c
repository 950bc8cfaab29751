#include "protocol/irc_history.h"

#include "chat/name.h"
#include "chat/reading.h"
#include "chat/rights.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_history_query.h"
#include "protocol/irc_render.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_roles.h"
#include "protocol/irc_state.h"
#include "protocol/irc_time.h"

#include <errno.h>
#include <stdlib.h>

enum {
    LINES_BYTES = 400 * 1024,
    CONVERSATIONS_MAX = STORE_PAGE_MESSAGES_MAX,
};

enum history_stage {
    STAGE_MESSAGES,
    STAGE_SEEKING, // whose conversation it is: the nick is nobody's now
    STAGE_TARGETS,
};

// A CHATHISTORY or SEARCH that is being answered.
struct irc_history {
    const struct irc_history_manner *manner;
    const char *verb;
    struct text sender; // only what was said under this name; owned; empty: whoever said it
    struct text target; // as the client wrote it; owned
    enum history_stage stage;
    struct store_query query; // its texts are `place` and `words`
    struct text place;        // owned; empty: not known
    struct text words;        // owned; of a search
    char batch[16];
    bool found;
};

static const struct irc_history_manner chathistory = {"CHATHISTORY", "chathistory",
                                                      "INVALID_TARGET", "MESSAGE_ERROR"};

static void fail(struct session *session, const char *code, const char *verb, struct text target,
                 const char *sentence)
{
    const struct irc_history *history = irc_of(session)->history;
    struct buf context;
    buf_init(&context, 256);
    buf_add(&context, text_of(verb));
    if (target.len) {
        buf_printf(&context, " %.*s", TEXT_ARG(irc_shown(target)));
    }
    irc_standard(session, "FAIL", history ? history->manner->command : "CHATHISTORY", code,
                 buf_text(&context), sentence);
    buf_finish(&context);
}

void irc_history_finish(struct session *session)
{
    struct irc *irc = irc_of(session);
    if (irc->history) {
        text_disown(irc->history->target);
        text_disown(irc->history->sender);
        text_disown(irc->history->place);
        text_disown(irc->history->words);
        free(irc->history);
        irc->history = NULL;
    }
}

void irc_history_add(struct session *session, const char *batch, struct text room,
                     const struct message *messages, size_t count)
{
    struct buf lines;
    buf_init(&lines, LINES_BYTES);
    for (size_t i = 0; i < count; i++) {
        const struct message *m = &messages[i];
        irc_render_message(m, room.len ? room : m->recipient_name,
                           session_account_name(session, m->sender), session->options,
                           *batch ? batch : NULL, &lines);
    }
    irc_rendered(session, buf_text(&lines));
    buf_finish(&lines);
}

static void show_messages(struct session *session, const struct page *page)
{
    struct irc_history *history = irc_of(session)->history;
    bool in_room = text_starts(history->target, TEXT("#"));
    if (page->first) {
        bool is_search = history->manner != &chathistory;
        irc_batch_begin(session, history->batch, history->manner->batch,
                        is_search ? TEXT("")
                        : in_room ? page->place
                                  : history->target);
    }
    for (size_t i = 0; i < page->count; i++) {
        const struct message *message = &page->messages[i];
        if (!history->sender.len || name_same(message->sender_name, history->sender)) {
            irc_history_add(session, history->batch, in_room ? page->place : TEXT(""), message, 1);
        }
    }
    if (page->last) {
        irc_batch_end(session, history->batch);
    } else {
        irc_answer_send(session); // before the next part is asked for
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

static void seek(struct session *session, const struct page *page)
{
    struct irc_history *history = irc_of(session)->history;
    for (size_t i = page->count; i > 0 && !history->found; i--) {
        struct text name;
        other_of(session, &page->messages[i - 1], &name);
        if (name_same(name, history->target)) {
            set_place(history, page->messages[i - 1].place);
            history->found = true;
        }
    }
    if (!history->found) {
        fail(session, history->manner->no_target, history->verb, history->target,
             "Messages could not be retrieved");
    }
}

struct target {
    int64_t time_ms;
    struct text name;
};

static int by_time(const void *a, const void *b)
{
    const struct target *first = a;
    const struct target *second = b;
    int order = (first->time_ms > second->time_ms) - (first->time_ms < second->time_ms);
    return order ? order : text_compare(first->name, second->name);
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
        struct target target = {.time_ms = page->messages[i].time_ms};
        other_of(session, &page->messages[i], &target.name);
        if (!text_equal(target.name, TEXT(ERASED_NAME))) {
            targets[count++] = target;
        }
    }
    if (count) {
        qsort(targets, count, sizeof *targets, by_time);
    }
    size_t limit = history->query.limit < count ? history->query.limit : count;
    size_t first = store_query_is_forward(&history->query) ? 0 : count - limit;
    irc_batch_begin(session, history->batch, "draft/chathistory-targets", TEXT(""));
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
    irc_batch_end(session, history->batch);
    free(targets);
}

void irc_history_page(struct session *session, const struct page *page)
{
    static void (*const shows[])(struct session *, const struct page *) = {
        [STAGE_MESSAGES] = show_messages, [STAGE_SEEKING] = seek, [STAGE_TARGETS] = show_targets};
    struct irc_history *history = irc_of(session)->history;
    if (page->mail) {
        irc_history_mail(session, page);
        return;
    }
    if (!history) {
        irc_audit_page(session, page);
        return;
    }
    if (page->error) {
        const char *sentence = page->error == -ENOENT ? "No message here has this id"
                                                      : "Messages could not be retrieved";
        fail(session, history->manner->no_answer, history->verb, history->target, sentence);
        irc_batch_end(session, history->batch);
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
        if (!room || (!room_member(session, room) && !rights_everywhere(session))) {
            fail(session, history->manner->no_target, history->verb, history->target,
                 "Messages could not be retrieved");
            return;
        }
        set_place(history, room->place);
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

void irc_history_answer(struct session *session, const struct irc_history_manner *manner,
                        const struct irc_history_wish *wish, struct text sender)
{
    irc_history_finish(session);
    struct irc_history *history = mem_alloc(sizeof *history);
    irc_of(session)->history = history;
    history->manner = manner;
    history->verb = wish->verb;
    history->target = text_own(wish->target);
    history->sender = text_own(sender);
    history->place = text_own(TEXT(""));
    history->words = text_own(wish->query.words);
    history->query = wish->query;
    history->query.words = history->words;
    if (wish->is_targets) {
        history->stage = STAGE_TARGETS;
        history->query.kinds = 0;
        history->query.who = session->user->identity;
        session_read_history(session, &history->query, TEXT(""));
    } else {
        read_target(session);
    }
}

void irc_command_chathistory(struct session *session, const struct irc_message *message)
{
    struct irc_history_wish wish;
    struct irc_history_fault fault;
    irc_history_finish(session);
    if (irc_history_parse(message, session_limits(session)->history_page,
                          irc_has(session, CAP_EVENT_PLAYBACK), &wish, &fault)) {
        irc_history_answer(session, &chathistory, &wish, TEXT(""));
    } else {
        fail(session, fault.code, fault.verb, fault.context, fault.sentence);
    }
}
