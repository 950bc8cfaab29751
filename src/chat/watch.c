#include "chat/watch.h"

#include "base/must.h"
#include "chat/core_state.h"
#include "chat/session.h"

struct watch {
    struct text name; // owned, as the session wrote it
    struct watched *watched;
    struct session *session;
    struct watch *of_session;
    struct watch *of_name;
};

struct watched {
    struct text key; // folded; owned
    struct watch *watches;
    UT_hash_handle by_key;
};

static struct watched *find(struct core *core, struct text key)
{
    struct watched *watched = NULL;
    HASH_FIND(by_key, core->watched, key.at, key.len, watched);
    return watched;
}

static struct watch *find_own(const struct session *session, struct text key)
{
    struct watch *watch = session->watches;
    while (watch && !text_equal(watch->watched->key, key)) {
        watch = watch->of_session;
    }
    return watch;
}

static struct watched *find_or_make(struct core *core, struct text key)
{
    struct watched *watched = find(core, key);
    if (!watched) {
        watched = mem_alloc(sizeof *watched);
        watched->key = text_own(key);
        HASH_ADD_KEYPTR(by_key, core->watched, watched->key.at, watched->key.len, watched);
    }
    return watched;
}

static void link_watch(struct session *session, struct text name, struct text key)
{
    struct watch *watch = mem_alloc(sizeof *watch);
    watch->name = text_own(name);
    watch->watched = find_or_make(session->core, key);
    watch->session = session;
    watch->of_name = watch->watched->watches;
    watch->watched->watches = watch;
    struct watch **end = &session->watches;
    while (*end) {
        end = &(*end)->of_session;
    }
    *end = watch;
}

static size_t count(const struct session *session)
{
    size_t number = 0;
    for (const struct watch *w = session->watches; w; w = w->of_session) {
        number++;
    }
    return number;
}

bool watch_add(struct session *session, struct text name, size_t most)
{
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    bool fits = true;
    if (name_fold(name, &key) && !find_own(session, buf_text(&key))) {
        fits = count(session) < most;
        if (fits) {
            link_watch(session, name, buf_text(&key));
        }
    }
    buf_finish(&key);
    return fits;
}

static void unlink_watch(struct watch *watch)
{
    struct watched *watched = watch->watched;
    struct core *core = watch->session->core;
    struct watch **at = &watched->watches;
    while (*at != watch) {
        at = &(*at)->of_name;
    }
    *at = watch->of_name;
    at = &watch->session->watches;
    while (*at != watch) {
        at = &(*at)->of_session;
    }
    *at = watch->of_session;
    text_disown(watch->name);
    free(watch);
    if (!watched->watches) {
        HASH_DELETE(by_key, core->watched, watched);
        text_disown(watched->key);
        free(watched);
    }
}

void watch_remove(struct session *session, struct text name)
{
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    struct watch *watch = name_fold(name, &key) ? find_own(session, buf_text(&key)) : NULL;
    if (watch) {
        unlink_watch(watch);
    }
    buf_finish(&key);
}

void watch_clear(struct session *session)
{
    while (session->watches) {
        unlink_watch(session->watches);
    }
}

struct watch *watch_next(const struct session *session, const struct watch *watch)
{
    return watch ? watch->of_session : session->watches;
}

struct text watch_name(const struct watch *watch)
{
    return watch->name;
}

void watch_tell(struct core *core, struct text key, const struct actor *actor, bool online)
{
    struct watched *watched = find(core, key);
    for (struct watch *w = watched ? watched->watches : NULL; w; w = w->of_name) {
        if (w->session->protocol->watched && !w->session->state.gone) {
            w->session->protocol->watched(w->session, actor, online);
        }
    }
}

void watch_each(struct core *core, struct text key,
                void (*each)(struct session *, const struct event *), const struct event *event)
{
    struct watched *watched = find(core, key);
    for (struct watch *w = watched ? watched->watches : NULL; w; w = w->of_name) {
        each(w->session, event);
    }
}
