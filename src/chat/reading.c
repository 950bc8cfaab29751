#include "chat/reading.h"

#include "base/must.h"
#include "chat/core_state.h"
#include "chat/mail.h"
#include "chat/rights.h"
#include "chat/roles.h"
#include "chat/session.h"

struct reading {
    struct text place;   // key of what is read; owned
    struct text subject; // as people write it; owned
    struct text words;   // of a search; owned
    bool conversation;
    bool begun;        // a page has been sent
    bool older_gone;   // of what was asked for, the oldest is not kept any more
    bool member;       // it began while in the room
    bool know_last;    // last_seq is known
    uint32_t wanted;   // messages
    uint64_t next_seq; // the next page begins here
    uint64_t last_seq;
    uint64_t hidden_seq;        // nothing up to there is read
    struct store_query history; // instead; place.len 0 and no limit: it is none
    list_part *part;            // a list instead
    struct buf from;
    bool mail;
    bool beyond;   // mail: there is more behind last_seq
    bool going_on; // a part of it has been sent
};

// What may be sent at once, as the time in which it is earned.
enum { BURST_US = 1000000 };

// Of a part of a list, and what an answer of IRC has gathered before it.
enum { LIST_BYTES = 1024 * 1024 };

static struct reading *begin(struct session *session, struct text place, struct text subject)
{
    must(!session->reading);
    struct reading *reading = mem_alloc(sizeof *reading);
    reading->place = text_own(place);
    reading->subject = text_own(subject);
    reading->words = text_own(TEXT(""));
    const struct room *room = room_of_place(session->core, place);
    reading->member = room && room_member(session, room);
    buf_init(&reading->from, NAME_KEY_MAX);
    session->reading = reading;
    return reading;
}

void reading_destroy(struct session *session)
{
    struct reading *reading = session->reading;
    if (reading) {
        text_disown(reading->place);
        text_disown(reading->subject);
        text_disown(reading->words);
        buf_finish(&reading->from);
        free(reading);
        session->reading = NULL;
    }
}

void reading_charge(struct session *session, size_t bytes)
{
    const struct core *core = session->core;
    int64_t now_us = core->now.mono_ms * 1000;
    if (session->peer.unlimited) {
        return;
    }
    if (session->query_us < now_us) {
        session->query_us = now_us;
    }
    session->query_us += (int64_t)(bytes * 1000000 / core->config.limits.query_bytes_per_s);
}

bool reading_may_begin(const struct session *session)
{
    return session->state.gone || session->query_us - BURST_US <= session->core->now.mono_ms * 1000;
}

int64_t reading_due_ms(const struct session *session)
{
    bool goes_on = session->reading && session->reading->going_on;
    return (session->query_us - (goes_on ? 0 : BURST_US) + 999) / 1000;
}

static void end(struct session *session)
{
    reading_destroy(session);
    session->state.wait = WAIT_NOT;
    session_stall(session);
    if (session->protocol->answered && !session->state.gone) {
        session->protocol->answered(session);
    }
}

// The next part may follow when the peer has taken this one and its share allows it.
static void wait_for_peer(struct session *session)
{
    struct core *core = session->core;
    session->reading->going_on = true;
    if (session->state.gone || core->shutting_down) {
        end(session);
        return;
    }
    session->state.wait = WAIT_DRAIN;
    core->output->watch(core->output->context, session->handle);
}

static void send_page(struct session *session, struct page *page, bool last)
{
    struct reading *reading = session->reading;
    page->place = reading->subject;
    page->conversation = reading->conversation;
    page->mail = reading->mail;
    page->search = reading->words.len > 0;
    page->first = !reading->begun;
    page->older_gone = page->first && reading->older_gone;
    page->last = last;
    reading->begun = true;
    if (!session->state.gone) {
        session->protocol->page(session, page);
    }
    if (!last) {
        wait_for_peer(session);
        return;
    }
    if (reading->mail && !page->error && !session->state.gone) {
        mail_shown(session, reading->place);
    }
    session->state.mail_failed = session->state.mail_failed || (reading->mail && page->error);
    end(session);
}

static void ask_history(struct session *session)
{
    struct store_query query = session->reading->history;
    query.place = session->reading->place;
    session->state.wait = WAIT_PAGE;
    store_query(session->core->store, &query, (uintptr_t)session | COOKIE_READING);
}

static void ask(struct session *session)
{
    struct reading *reading = session->reading;
    if (reading->history.limit) {
        ask_history(session);
        return;
    }
    struct store_query query = {.place = reading->place,
                                .words = reading->words,
                                .from = {.kind = STORE_END},
                                .to = {.kind = STORE_START}};
    if (reading->words.len) {
        query.from = (struct store_mark){STORE_SEQ, reading->last_seq + 1, 0};
        query.to = (struct store_mark){STORE_SEQ, reading->hidden_seq, 0};
        query.limit = reading->wanted;
    } else if (!reading->know_last) {
        query.limit = 1;
    } else {
        uint64_t left = reading->last_seq - reading->next_seq + 1;
        query.limit = (uint32_t)(left < READING_PAGE_MESSAGES ? left : READING_PAGE_MESSAGES);
        query.from = (struct store_mark){STORE_SEQ, reading->next_seq - 1, 0};
        query.to = (struct store_mark){STORE_SEQ, reading->next_seq + query.limit, 0};
        query.kinds = ~(1u << MESSAGE_TAGS); // only clients that know tags are shown them
    }
    session->state.wait = WAIT_PAGE;
    store_query(session->core->store, &query, (uintptr_t)session | COOKIE_READING);
}

// Where a reading of the last `wanted` messages begins; false when there are none.
static bool know_last(struct reading *reading, uint64_t last_seq)
{
    uint64_t count = last_seq - reading->hidden_seq;
    count = count < reading->wanted ? count : reading->wanted;
    reading->know_last = true;
    reading->last_seq = last_seq;
    reading->next_seq = last_seq - count + 1;
    return count > 0;
}

static void answer_nothing(struct session *session, int error)
{
    struct page page = {.error = error};
    send_page(session, &page, true);
}

void session_read_room(struct session *session, struct room *room, uint32_t count,
                       struct text words)
{
    struct reading *reading = begin(session, room->place, room->shown);
    text_disown(reading->words);
    reading->words = text_own(words);
    reading->hidden_seq = room->hidden.seq;
    reading->wanted = words.len && count > READING_PAGE_MESSAGES ? READING_PAGE_MESSAGES : count;
    if (know_last(reading, room->last_seq)) {
        reading_step(session);
    } else {
        answer_nothing(session, 0);
    }
}

void session_read_conversation(struct session *session, struct identity other, struct text name,
                               uint32_t count)
{
    char key[STORE_KEY_MAX];
    struct text place = store_conversation_key(key, session->user->identity, other);
    struct reading *reading = begin(session, place, name);
    reading->conversation = true;
    reading->wanted = count;
    reading_step(session);
}

static void show_no_hidden(struct store_mark *mark, uint64_t hidden_seq)
{
    if (hidden_seq && mark->kind == STORE_START) {
        *mark = (struct store_mark){STORE_SEQ, hidden_seq, 0};
    }
}

void session_read_history(struct session *session, const struct store_query *query,
                          struct text subject)
{
    struct reading *reading = begin(session, query->place, subject);
    text_disown(reading->words);
    reading->words = text_own(query->words);
    reading->history = *query;
    reading->history.words = reading->words;
    const struct room *room = room_of_place(session->core, query->place);
    reading->hidden_seq = room ? room->hidden.seq : 0;
    show_no_hidden(&reading->history.from, reading->hidden_seq);
    show_no_hidden(&reading->history.to, reading->hidden_seq);
    reading_step(session);
}

void session_read_everything(struct session *session, struct identity who)
{
    struct reading *reading = begin(session, TEXT(""), TEXT(""));
    reading->history = (struct store_query){
        .everything = true, .who = who, .from = {.kind = STORE_ID}, .limit = READING_PAGE_MESSAGES};
    reading_step(session);
}

void session_read_mail(struct session *session, struct text conversation, int64_t since_ms)
{
    struct reading *reading = begin(session, conversation, TEXT(""));
    reading->mail = true;
    reading->history = (struct store_query){.from = {.kind = STORE_TIME, .time_ms = since_ms - 1},
                                            .to = {.kind = STORE_END},
                                            .limit = READING_MAX,
                                            .kinds = 1u << MESSAGE_SAY | 1u << MESSAGE_ACTION |
                                                     1u << MESSAGE_NOTICE};
    reading_step(session);
}

size_t reading_bytes(const struct message *message)
{
    enum { SHORT_LINE = 256 };
    struct text rest = message->text;
    size_t lines = 1 + rest.len / SHORT_LINE;
    while (rest.len) {
        size_t end = text_find(rest, '\n');
        lines += end < rest.len;
        rest = text_skip(rest, end + 1);
    }
    return message->text.len + lines * message->tags.len;
}

static size_t page_bytes(const struct page *page)
{
    size_t bytes = 0;
    for (size_t i = 0; i < page->count; i++) {
        bytes += reading_bytes(&page->messages[i]);
    }
    return bytes;
}

// Keeps the oldest messages, or the newest, that are short enough together; one at least.
static void cut_page(struct page *page, bool newest)
{
    while (page->count > 1 && page_bytes(page) > READING_PAGE_BYTES) {
        page->messages += newest;
        page->count--;
    }
}

static void everything_answered(struct session *session, const struct store_answer *answer)
{
    struct page page = {.messages = answer->messages, .count = answer->message_count};
    cut_page(&page, false);
    bool cut = page.count < answer->message_count;
    session->reading->history.from.number = cut ? page.messages[page.count - 1].id : answer->id;
    send_page(session, &page, !cut && !answer->more);
}

// The first answer says which messages there are. A part of it goes out at once; the others are
// asked for again, as the peer takes them: nothing is held meanwhile.
static void history_answered(struct session *session, const struct store_answer *answer)
{
    struct reading *reading = session->reading;
    struct store_query *query = &reading->history;
    struct page page = {
        .messages = answer->messages, .count = answer->message_count, .more = answer->more};
    while (page.count && reading->hidden_seq && page.messages->seq <= reading->hidden_seq) {
        page.messages++;
        page.count--;
    }
    if (!reading->know_last) {
        reading->know_last = true;
        reading->last_seq = page.count ? page.messages[page.count - 1].seq : reading->last_seq;
        reading->beyond = reading->mail && answer->more;
    }
    if (page.count > READING_PAGE_MESSAGES && reading->place.len) {
        page.count = READING_PAGE_MESSAGES;
    }
    if (reading->place.len) {
        cut_page(&page, false);
    }
    uint64_t seq = page.count ? page.messages[page.count - 1].seq : reading->last_seq;
    query->from = (struct store_mark){STORE_SEQ, seq, 0};
    query->to = (struct store_mark){STORE_SEQ, reading->last_seq + 1, 0};
    query->limit = READING_PAGE_MESSAGES;
    query->around = false;
    bool last = seq == reading->last_seq || !reading->place.len;
    if (last && reading->beyond) {
        reading->know_last = false;
        query->to = (struct store_mark){.kind = STORE_END};
        last = false;
    }
    send_page(session, &page, last);
}

static void found(struct session *session, const struct store_answer *answer)
{
    struct page page = {.messages = answer->messages, .count = answer->message_count};
    cut_page(&page, true);
    page.more = answer->more || page.count < answer->message_count;
    send_page(session, &page, true);
}

static void part_answered(struct session *session, const struct store_answer *answer)
{
    struct reading *reading = session->reading;
    struct page page = {.messages = answer->messages, .count = answer->message_count};
    if (!reading->begun) {
        reading->older_gone = answer->first_seq > 1 && reading->next_seq <= answer->first_seq;
    }
    cut_page(&page, false);
    bool cut = answer->more || page.count < answer->message_count;
    reading->next_seq = cut && page.count ? page.messages[page.count - 1].seq + 1
                                          : reading->next_seq + READING_PAGE_MESSAGES;
    if (reading->next_seq < answer->first_seq) {
        reading->next_seq = answer->first_seq;
    }
    send_page(session, &page, reading->next_seq > reading->last_seq);
}

// A right that is taken away holds for the pages that are still to come.
static bool may_go_on(const struct session *session)
{
    const struct reading *reading = session->reading;
    const struct room *room = room_of_place(session->core, reading->place);
    if (text_equal(reading->place, TEXT(AUDIT_PLACE))) {
        return rights_everywhere(session);
    }
    bool stayed = !reading->member || !room || room_member(session, room);
    return !room || rights_everywhere(session) || (stayed && rights_read(session, room));
}

void reading_answered(struct session *session, const struct store_answer *answer)
{
    struct reading *reading = session->reading;
    must(reading);
    session->state.wait = WAIT_NOT;
    if (session->user && !may_go_on(session)) {
        answer_nothing(session, 0);
        return;
    }
    if (answer->error) {
        answer_nothing(session, answer->error);
        return;
    }
    if (reading->history.everything) {
        everything_answered(session, answer);
        return;
    }
    if (reading->history.limit) {
        history_answered(session, answer);
        return;
    }
    if (!reading->know_last && !reading->words.len) {
        size_t count = answer->message_count;
        if (know_last(reading, count ? answer->messages[count - 1].seq : 0)) {
            ask(session);
        } else {
            answer_nothing(session, 0);
        }
        return;
    }
    if (reading->words.len) {
        found(session, answer);
    } else {
        part_answered(session, answer);
    }
}

static void list_step(struct session *session)
{
    struct reading *reading = session->reading;
    struct buf out;
    buf_init(&out, LIST_BYTES);
    bool more = reading->part(session, reading->subject, &reading->from, &out);
    session_reply(session, buf_text(&out));
    buf_finish(&out);
    if (more) {
        wait_for_peer(session);
    } else {
        end(session);
    }
}

void session_list(struct session *session, list_part *part, struct text subject)
{
    begin(session, TEXT(""), subject)->part = part;
    reading_step(session);
}

void reading_step(struct session *session)
{
    must(session->reading);
    if (!session->state.gone && session->core->now.mono_ms < reading_due_ms(session)) {
        session->state.wait = WAIT_TIME;
        session_stall(session);
    } else if (session->reading->part) {
        list_step(session);
    } else {
        ask(session);
    }
}
