#include "chat/ignores.h"

#include "base/must.h"
#include "chat/core_state.h"

struct ignores {
    struct session *next; // who ignores somebody, too
    struct text *keys;    // folded names; owned
    size_t count;
};

static size_t find(const struct ignores *ignores, struct text key)
{
    size_t i = 0;
    while (i < ignores->count && !text_equal(ignores->keys[i], key)) {
        i++;
    }
    return i;
}

static void tell_threads(struct session *session, const struct user *user, bool ignored)
{
    const struct output *output = session->core->output;
    if (!session->state.gone) {
        session_seal(session); // what was said before stays as it was
        output->ignore(output->context, session->handle, user->number, ignored);
    }
}

static bool ignores_key(const struct session *session, struct text key)
{
    return session->ignores && find(session->ignores, key) < session->ignores->count;
}

bool session_ignores(const struct session *session, const struct user *user)
{
    return ignores_key(session, user->key);
}

static void add(struct session *session, struct text key)
{
    struct ignores *ignores = session->ignores;
    if (!ignores) {
        ignores = session->ignores = mem_alloc(sizeof *ignores);
        ignores->next = session->core->ignoring;
        session->core->ignoring = session;
    }
    ignores->keys = mem_grow(ignores->keys, (ignores->count + 1) * sizeof *ignores->keys);
    ignores->keys[ignores->count++] = text_own(key);
}

static void drop(struct ignores *ignores, size_t i)
{
    text_disown(ignores->keys[i]);
    ignores->keys[i] = ignores->keys[--ignores->count];
}

bool session_ignores_name(const struct session *session, struct text name)
{
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    bool ignores = name_fold(name, &key) && ignores_key(session, buf_text(&key));
    buf_finish(&key);
    return ignores;
}

static bool ignore_key(struct session *session, struct text key, bool ignored)
{
    if (ignores_key(session, key) == ignored) {
        return true;
    }
    if (!ignored) {
        drop(session->ignores, find(session->ignores, key));
    } else if (session->ignores &&
               session->ignores->count >= session->core->config.limits.ignores_per_user) {
        return false;
    } else {
        add(session, key);
    }
    return true;
}

bool session_ignore(struct session *session, struct text name, bool ignored)
{
    const struct user *user = user_find(session->core, name);
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    bool was = session_ignores_name(session, name);
    bool done = name_fold(name, &key) && ignore_key(session, buf_text(&key), ignored);
    buf_finish(&key);
    if (done && user && was != ignored) {
        tell_threads(session, user, ignored);
    }
    return done;
}

void sessions_ignore(struct core *core, const struct user *user, struct text key, bool ignored)
{
    for (struct session *s = core->ignoring; s; s = s->ignores->next) {
        if (s->user != user && ignores_key(s, key)) {
            tell_threads(s, user, ignored);
        }
    }
}

void ignores_destroy(struct session *session)
{
    struct ignores *ignores = session->ignores;
    if (!ignores) {
        return;
    }
    struct session **at = &session->core->ignoring;
    while (*at != session) {
        at = &(*at)->ignores->next;
    }
    *at = ignores->next;
    while (ignores->count) {
        drop(ignores, 0);
    }
    free(ignores->keys);
    free(ignores);
    session->ignores = NULL;
}
