// What a client is shown without asking: history, when it joins and cannot ask for it, and what
// waited for its account.
#include "chat/device.h"
#include "chat/room.h"
#include "protocol/irc_history.h"
#include "protocol/irc_history_query.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

#include <time.h>

// For clients that show no other time, one in front, as strftime() writes it.
static void add_with_time(struct session *session, const struct message *message,
                          struct text target, const char *batch, const char *format)
{
    char stamp[32];
    time_t seconds = (time_t)(message->time_ms / 1000);
    struct tm local = {0};
    localtime_r(&seconds, &local);
    strftime(stamp, sizeof stamp, format, &local);
    struct buf text;
    buf_init(&text, STORE_TEXT_MAX + sizeof stamp);
    buf_add(&text, text_of(stamp));
    buf_add(&text, message->text);
    struct message stamped = *message;
    stamped.text = buf_text(&text);
    irc_history_add(session, batch, target, &stamped, 1);
    buf_finish(&text);
}

static void add_unasked(struct session *session, const struct message *message, struct text target,
                        const char *batch, const char *format)
{
    if (irc_has(session, CAP_SERVER_TIME)) {
        irc_history_add(session, batch, target, message, 1);
    } else {
        add_with_time(session, message, target, batch, format);
    }
}

void irc_history_mail(struct session *session, const struct page *page)
{
    const struct identity own = session->user->identity;
    char batch[16] = "";
    size_t count = 0;
    for (size_t i = 0; i < page->count; i++) {
        const struct message *message = &page->messages[i];
        if (message->recipient.number != own.number || !message->recipient.account) {
            continue;
        }
        if (count++ == 0) {
            irc_batch_begin(session, batch, "chathistory", message->sender_name);
        }
        add_unasked(session, message, session->user->name, batch, "[%F %H:%M] ");
    }
    if (count) {
        irc_batch_end(session, batch);
    }
}

void irc_history_left(struct session *session, const struct room *room)
{
    struct irc *irc = irc_of(session);
    struct irc_left *left = &irc->left[irc->left_next++ % IRC_LEFT_MAX];
    text_disown(left->room);
    *left = (struct irc_left){text_own(room->place), room->last_seq};
}

// The number of the last message that it has seen in this room.
static uint64_t seen_in(const struct session *session, const struct room *room)
{
    const struct irc *irc = irc_of(session);
    uint64_t seq = 0;
    for (size_t i = 0; i < IRC_LEFT_MAX; i++) {
        bool here = text_equal(irc->left[i].room, room->place);
        seq = here && irc->left[i].seq > seq ? irc->left[i].seq : seq;
    }
    return seq;
}

static bool is_for_join(const struct message *message, uint64_t seen)
{
    return message->seq > seen && ((IRC_KINDS_SAID >> message->kind) & 1u);
}

// Whether one message more is shown: of the last `looked_at` `count` are. A client that we know
// again has the others.
static bool is_wanted(const struct session *session, const struct missed *missed,
                      uint32_t looked_at, uint32_t count)
{
    bool usual = !missed->by_device && count < session_limits(session)->history_on_join_irc;
    return usual || looked_at < missed->count;
}

void irc_history_on_join(struct session *session, const struct room *room)
{
    const struct recent *recent = room->recent;
    if (irc_has(session, CAP_CHATHISTORY) || !recent) {
        return;
    }
    struct missed missed = session_missed(session, room);
    uint64_t seen = seen_in(session, room);
    uint32_t from = recent->count;
    uint32_t count = 0;
    size_t bytes = 0;
    while (from > 0 && bytes < READING_PAGE_BYTES &&
           is_wanted(session, &missed, recent->count - from, count)) {
        const struct message *message = recent_at(recent, --from);
        bool is_shown = is_for_join(message, seen);
        count += is_shown;
        bytes += is_shown ? reading_bytes(message) : 0;
    }
    if (missed.more || recent->count - from < missed.count) {
        irc_line(session, "NOTICE %.*s :You missed more here than follows", TEXT_ARG(room->shown));
    }
    char batch[16] = "";
    if (count) {
        irc_batch_begin(session, batch, "chathistory", room->shown);
    }
    for (; count && from < recent->count; from++) {
        const struct message *message = recent_at(recent, from);
        if (!is_for_join(message, seen)) {
            continue;
        }
        add_unasked(session, message, room->shown, batch, "[%H:%M] ");
    }
    irc_batch_end(session, batch);
}
