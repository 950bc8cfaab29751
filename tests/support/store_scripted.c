#include "support/store_scripted.h"

#include "base/must.h"
#include "store/store.h"
#include "store/store_answers.h"
#include "store/store_memory.h"

#include <utlist.h>

enum { ERRORS_MAX = 1024 };

struct request {
    struct request *prev, *next;
    struct message *message; // both NULL: a read
    struct record *record;
    struct store_query query;
    uint64_t cookie;
};

struct error_list {
    int at[ERRORS_MAX];
    size_t count;
};

struct store_scripted {
    struct store store;
    struct store *memory;
    struct request *waiting;
    struct answer_list answers;
    bool hold;
    uint32_t reopened;
    struct error_list write_errors;
    struct error_list read_errors;
};

static struct store_scripted *from(struct store *s)
{
    return (struct store_scripted *)s;
}

static int take_error(struct error_list *list)
{
    if (!list->count) {
        return 0;
    }
    int error = list->at[0];
    list->count--;
    memmove(list->at, list->at + 1, list->count * sizeof list->at[0]);
    return error;
}

static void request_destroy(struct request *request)
{
    free(request->message);
    free(request->record);
    free((void *)(uintptr_t)request->query.place.at);
    free((void *)(uintptr_t)request->query.words.at);
    free(request);
}

// One list, so that failures and the answers of the memory store keep their order.
static void gather(void *context, const struct store_answer *answer)
{
    struct store_scripted *s = context;
    if (answer->kind == STORE_WRITTEN) {
        answer_list_written(&s->answers, answer->cookie, answer->error, answer->id, answer->seq);
        return;
    }
    if (answer->kind == STORE_RECORDED) {
        answer_list_recorded(&s->answers, answer->cookie, answer->error);
        return;
    }
    if (answer->error) {
        answer_list_page(&s->answers, answer->cookie, answer->error, NULL);
        return;
    }
    struct page *page = page_create(STORE_PAGE_MESSAGES_MAX);
    for (size_t i = answer->message_count; i > 0; i--) {
        must(page_add(page, &answer->messages[i - 1]));
    }
    page_finish(page);
    page->more = answer->more;
    page->looked_to = answer->id;
    page->first_seq = answer->first_seq;
    answer_list_page(&s->answers, answer->cookie, 0, page);
}

static bool is_write(const struct request *request)
{
    return request->message || request->record;
}

static void carry_out(struct store_scripted *s, struct request *request)
{
    struct error_list *errors = is_write(request) ? &s->write_errors : &s->read_errors;
    int error = take_error(errors);
    DL_DELETE(s->waiting, request);
    if (error && request->record) {
        answer_list_recorded(&s->answers, request->cookie, error);
    } else if (error && request->message) {
        answer_list_written(&s->answers, request->cookie, error, 0, 0);
    } else if (error) {
        answer_list_page(&s->answers, request->cookie, error, NULL);
    } else if (request->record) {
        store_set(s->memory, request->record, request->cookie);
    } else if (request->message) {
        store_submit(s->memory, request->message, request->cookie);
    } else {
        store_query(s->memory, &request->query, request->cookie);
    }
    store_collect(s->memory, gather, s);
    request_destroy(request);
}

static void wait_for_release(struct store_scripted *s, struct request *request)
{
    DL_APPEND(s->waiting, request);
    if (!s->hold) {
        carry_out(s, request);
    }
}

static void submit(struct store *store, const struct message *message, uint64_t cookie)
{
    struct request *request = mem_alloc(sizeof *request);
    request->message = message_copy(message);
    request->cookie = cookie;
    wait_for_release(from(store), request);
}

static void set(struct store *store, const struct record *record, uint64_t cookie)
{
    struct request *request = mem_alloc(sizeof *request);
    request->record = record_copy(record);
    request->cookie = cookie;
    wait_for_release(from(store), request);
}

static void query(struct store *store, const struct store_query *query, uint64_t cookie)
{
    struct request *request = mem_alloc(sizeof *request);
    request->query = *query;
    request->query.place.at = text_copy(query->place);
    request->query.words.at = text_copy(query->words);
    request->cookie = cookie;
    wait_for_release(from(store), request);
}

static void retain(struct store *store, const struct store_retention *retention)
{
    store_retain(from(store)->memory, retention);
}

static size_t collect(struct store *store, void (*answered)(void *, const struct store_answer *),
                      void *context)
{
    struct answer_list answers = from(store)->answers;
    from(store)->answers = (struct answer_list){0};
    return answer_list_hand_out(&answers, answered, context);
}

static void each_room(struct store *store, void (*room)(void *, const struct store_room *),
                      void *context)
{
    store_each_room(from(store)->memory, room, context);
}

static void each_record(struct store *store, void (*record)(void *, const struct record *),
                        void *context)
{
    store_each_record(from(store)->memory, record, context);
}

static uint32_t epoch(struct store *store)
{
    return store_epoch(from(store)->memory) + from(store)->reopened;
}

static void destroy(struct store *store)
{
    struct store_scripted *s = from(store);
    struct request *request;
    struct request *next;
    DL_FOREACH_SAFE(s->waiting, request, next)
    {
        request_destroy(request);
    }
    answer_list_finish(&s->answers);
    store_destroy(s->memory);
    free(s);
}

static const struct store_ops ops = {
    .submit = submit,
    .set = set,
    .query = query,
    .retain = retain,
    .collect = collect,
    .each_room = each_room,
    .each_record = each_record,
    .epoch = epoch,
    .destroy = destroy,
};

struct store *store_scripted_create(size_t max_bytes)
{
    struct store_scripted *s = mem_alloc(sizeof *s);
    s->store.ops = &ops;
    s->memory = store_memory_create(max_bytes);
    s->hold = true;
    return &s->store;
}

static size_t release(struct store *store, size_t count, bool writes, bool reads)
{
    struct request *request;
    struct request *next;
    size_t released = 0;
    DL_FOREACH_SAFE(from(store)->waiting, request, next)
    {
        if (released < count && (is_write(request) ? writes : reads)) {
            carry_out(from(store), request);
            released++;
        }
    }
    return released;
}

size_t store_scripted_release(struct store *s, size_t count)
{
    return release(s, count, true, true);
}

size_t store_scripted_release_writes(struct store *s, size_t count)
{
    return release(s, count, true, false);
}

size_t store_scripted_release_reads(struct store *s, size_t count)
{
    return release(s, count, false, true);
}

void store_scripted_hold(struct store *s, bool hold)
{
    from(s)->hold = hold;
    if (!hold) {
        release(s, SIZE_MAX, true, true);
    }
}

static void add_error(struct error_list *list, int error)
{
    must(error < 0 && list->count < ERRORS_MAX);
    list->at[list->count++] = error;
}

void store_scripted_fail_next(struct store *s, int error)
{
    add_error(&from(s)->write_errors, error);
}

void store_scripted_fail_next_read(struct store *s, int error)
{
    add_error(&from(s)->read_errors, error);
}

static size_t waiting(const struct store *store, bool writes)
{
    const struct store_scripted *s = (const struct store_scripted *)store;
    struct request *request;
    size_t count = 0;
    DL_FOREACH(s->waiting, request)
    {
        count += is_write(request) == writes;
    }
    return count;
}

size_t store_scripted_writes_waiting(const struct store *s)
{
    return waiting(s, true);
}

size_t store_scripted_reads_waiting(const struct store *s)
{
    return waiting(s, false);
}

bool store_scripted_has_answers(const struct store *s)
{
    return ((const struct store_scripted *)s)->answers.count > 0;
}

void store_scripted_reopened(struct store *s)
{
    must(!from(s)->waiting && !from(s)->answers.count);
    from(s)->reopened++;
}
