// Whatever stands behind CHATHISTORY is refused with a code and a sentence, or is a query that a
// store answers; times that are read are written the same.
#include "base/must.h"
#include "protocol/irc_history_query.h"
#include "protocol/irc_time.h"
#include "store/store_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { LIMIT = 100, MESSAGES = 40 };

static const struct identity ann = {1, false};

static struct store *filled_store(void)
{
    struct store *store = store_memory_create(1 << 20);
    for (int i = 0; i < MESSAGES; i++) {
        struct message message = {.kind = i % 7 ? MESSAGE_SAY : MESSAGE_TOPIC,
                                  .time_ms = 1700000000000 + i / 2 * 1000,
                                  .place = i % 3 ? TEXT("#a") : TEXT("g1+g2"),
                                  .place_shown = i % 3 ? TEXT("#a") : TEXT(""),
                                  .sender = ann,
                                  .recipient = {i % 3 ? 0 : 2, false},
                                  .text = TEXT("x")};
        store_submit(store, &message, 0);
    }
    return store;
}

static void check_answer(void *context, const struct store_answer *answer)
{
    const struct store_query *query = context;
    if (answer->kind == STORE_WRITTEN) {
        return;
    }
    must(answer->error == 0 || (answer->error < 0 && answer->message_count == 0));
    must(answer->message_count <= query->limit);
    for (size_t i = 0; i < answer->message_count; i++) {
        const struct message *m = &answer->messages[i];
        must(!query->kinds || (query->kinds & 1u << m->kind));
        must(i == 0 || answer->messages[i - 1].id < m->id);
    }
}

static void ask(const struct irc_history_wish *wish)
{
    static struct store *store;
    if (!store) {
        store = filled_store();
    }
    struct store_query query = wish->query;
    query.place = wish->is_targets ? TEXT("") : TEXT("#a");
    query.kinds = wish->is_targets ? 0 : query.kinds;
    query.who = ann;
    store_query(store, &query, 0);
    store_collect(store, check_answer, &query);
}

static void check_time(struct text written)
{
    int64_t time_ms;
    if (!irc_time_parse(written, &time_ms)) {
        return;
    }
    struct buf again;
    buf_init(&again, 64);
    irc_time_add(&again, time_ms);
    int64_t same_ms;
    must(irc_time_parse(buf_text(&again), &same_ms) && same_ms == time_ms);
    buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct irc_message message;
    message = (struct irc_message){0};
    struct buf line;
    buf_init(&line, len + 32);
    buf_add(&line, TEXT("CHATHISTORY "));
    buf_add(&line, (struct text){(const char *)bytes, len});
    if (irc_message_parse(buf_text(&line), &message) == IRC_PARSED && message.param_count) {
        struct irc_history_wish wish;
        struct irc_history_fault fault;
        if (irc_history_parse(&message, LIMIT, len % 2, &wish, &fault)) {
            must(wish.query.limit >= 1 && wish.query.limit <= LIMIT);
            must(wish.query.from.kind && wish.query.to.kind && wish.verb);
            ask(&wish);
        } else {
            must(fault.code && fault.verb && *fault.sentence);
        }
        check_time(message.param[0]);
    }
    buf_finish(&line);
    return 0;
}
