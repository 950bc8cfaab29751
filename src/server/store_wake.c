#include "server/store_wake.h"

#include "base/must.h"

struct store_wake {
    struct store store;
    struct store *behind;
    void (*wake)(void *context);
    void *context;
};

static struct store_wake *of(struct store *s)
{
    return (struct store_wake *)s;
}

static void wake_submit(struct store *s, const struct message *message, uint64_t cookie)
{
    store_submit(of(s)->behind, message, cookie);
    of(s)->wake(of(s)->context);
}

static void wake_set(struct store *s, const struct record *record, uint64_t cookie)
{
    store_set(of(s)->behind, record, cookie);
    of(s)->wake(of(s)->context);
}

static void wake_query(struct store *s, const struct store_query *query, uint64_t cookie)
{
    store_query(of(s)->behind, query, cookie);
    of(s)->wake(of(s)->context);
}

static void wake_retain(struct store *s, const struct store_retention *retention)
{
    store_retain(of(s)->behind, retention);
}

static size_t wake_collect(struct store *s, void (*answered)(void *, const struct store_answer *),
                           void *context)
{
    return store_collect(of(s)->behind, answered, context);
}

static void wake_each_room(struct store *s, void (*room)(void *, const struct store_room *),
                           void *context)
{
    store_each_room(of(s)->behind, room, context);
}

static void wake_each_record(struct store *s, void (*record)(void *, const struct record *),
                             void *context)
{
    store_each_record(of(s)->behind, record, context);
}

static uint32_t wake_epoch(struct store *s)
{
    return store_epoch(of(s)->behind);
}

static void wake_destroy(struct store *s)
{
    store_destroy(of(s)->behind);
    free(s);
}

static const struct store_ops wake_ops = {
    .submit = wake_submit,
    .set = wake_set,
    .query = wake_query,
    .retain = wake_retain,
    .collect = wake_collect,
    .each_room = wake_each_room,
    .each_record = wake_each_record,
    .epoch = wake_epoch,
    .destroy = wake_destroy,
};

struct store *store_wake_create(struct store *behind, void (*wake)(void *), void *context)
{
    struct store_wake *s = mem_alloc(sizeof *s);
    *s = (struct store_wake){
        .store.ops = &wake_ops, .behind = behind, .wake = wake, .context = context};
    return &s->store;
}
