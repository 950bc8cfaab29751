#include "chat/core.h"

#include "base/must.h"
#include "chat/attempts.h"
#include "chat/ban_end.h"
#include "chat/bans.h"
#include "chat/cloak.h"
#include "chat/core_state.h"
#include "chat/erasure.h"
#include "chat/invitations.h"
#include "chat/login.h"
#include "chat/pending.h"
#include "chat/presence.h"
#include "chat/reading.h"
#include "chat/retain.h"
#include "chat/room.h"
#include "chat/session.h"
#include "chat/stay.h"

static bool offers_alike(const struct core_config *a, const struct core_config *b)
{
    return a->access.registration == b->access.registration &&
           a->access.registration_email == b->access.registration_email &&
           a->access.scram == b->access.scram && a->info.sts.port == b->info.sts.port &&
           a->info.sts.duration_s == b->info.sts.duration_s;
}

static void tell_offers(struct core *core)
{
    for (size_t i = 0; i < core->session_size; i++) {
        struct session *session = core->sessions[i];
        if (session && !session->state.gone && session->protocol->offers_changed) {
            session->protocol->offers_changed(session);
        }
    }
}

void core_configure(struct core *core, const struct core_config *config)
{
    bool alike = offers_alike(&core->config, config);
    char *name = text_copy(text_of(config->server_name));
    free(core->server_name);
    core->server_name = name;
    core->config = *config;
    core->config.server_name = name;
    if (!core->config.floods.count) {
        core->config.floods = flood_profiles_built_in;
    }
    if (!alike) {
        tell_offers(core);
    }
}

static void tell_operator(struct core *core, struct text place, struct text why)
{
    struct activity activity = {
        .kind = ACTIVITY_REFUSED,
        .wall_ms = core->now.wall_ms,
        .name = text_of(core->server_name),
        .place = place,
        .text = why,
    };
    core->output->activity(core->output->context, &activity);
}

// Notes may be read before whom they belong to.
struct loading {
    struct core *core;
    struct record **early; // owned, as each of them is
    size_t early_count;
};

static void load_note(struct loading *loading, const struct record *record)
{
    if (!notes_load(loading->core, record)) {
        loading->early =
            mem_grow(loading->early, (loading->early_count + 1) * sizeof *loading->early);
        loading->early[loading->early_count++] = record_copy(record);
    }
}

static void load_record(void *context, const struct record *record)
{
    struct loading *loading = context;
    struct core *core = loading->core;
    bool known =
        text_equal(record->kind, TEXT("account")) || text_equal(record->kind, TEXT("counter"));
    if (known && !account_load(&core->accounts, record)) {
        tell_operator(core, record->kind, TEXT("a record of it cannot be understood"));
    } else if (text_equal(record->kind, TEXT(ROOM_KIND)) && !room_load(core, record)) {
        tell_operator(core, record->key, TEXT("its rules cannot be understood"));
    } else if (text_equal(record->kind, TEXT(CLOAK_KIND)) && !cloak_load(core, record)) {
        tell_operator(core, record->kind, TEXT("the key of the cloaks cannot be understood"));
    } else if (text_equal(record->kind, TEXT(BAN_KIND))) {
        if (!ban_load(core, record)) {
            tell_operator(core, record->key, TEXT("the ban cannot be understood, and is for good"));
        }
    } else if (text_equal(record->kind, TEXT(INVITATION_KIND))) {
        if (!invitation_load(core, record)) {
            tell_operator(core, record->kind, TEXT("one cannot be understood, and opens nothing"));
        }
    } else if (text_equal(record->kind, TEXT(ROOM_NAME_KIND))) {
        room_load_name(core, record);
    } else {
        load_note(loading, record);
    }
}

static void load_records(struct core *core)
{
    struct loading loading = {.core = core};
    store_each_record(core->store, load_record, &loading);
    for (size_t i = 0; i < loading.early_count; i++) {
        const struct record *record = loading.early[i];
        if (!notes_load(core, record)) {
            core_keep(core, &(struct record){record->kind, record->key, TEXT("")}, NULL);
        }
        free(loading.early[i]);
    }
    free(loading.early);
}

struct core *core_create(const struct core_config *config, struct store *store,
                         const struct output *output)
{
    struct core *core = mem_alloc(sizeof *core);
    core->store = store;
    core->output = output;
    core_configure(core, config);
    core->attempts = attempts_create();
    core->floods = attempts_create();
    rooms_load(core);
    load_records(core);
    rooms_take_names(core);
    rooms_bound(core);
    cloak_begin(core);
    erasure_resume(core);
    return core;
}

void core_destroy(struct core *core)
{
    if (!core) {
        return;
    }
    must(core_is_empty(core));
    rooms_finish(core);
    stays_finish(core);
    departed_finish(&core->departed);
    erasure_destroy(core);
    accounts_finish(&core->accounts);
    attempts_destroy(core->attempts);
    attempts_destroy(core->floods);
    text_disown(core->claim);
    rule_list_finish(&core->bans);
    invitations_finish(core);
    user_registry_finish(&core->users);
    free(core->sessions);
    free(core->server_name);
    free(core);
}

void core_time(struct core *core, struct moment now)
{
    core->now = now;
    presence_tick(core);
    stays_tick(core);
    retain_tick(core);
    ban_end_tick(core);
}

static struct session *find(const struct core *core, struct handle handle)
{
    if (handle.index >= core->session_size) {
        return NULL;
    }
    struct session *session = core->sessions[handle.index];
    return session && session->handle.generation == handle.generation ? session : NULL;
}

static void make_room_for(struct core *core, uint32_t index)
{
    if (index < core->session_size) {
        return;
    }
    size_t size = core->session_size ? core->session_size : 64;
    while (size <= index) {
        size *= 2;
    }
    core->sessions = mem_grow(core->sessions, size * sizeof(struct session *));
    for (size_t i = core->session_size; i < size; i++) {
        core->sessions[i] = NULL;
    }
    core->session_size = size;
}

void core_conn_opened(struct core *core, struct handle handle, const struct peer *peer,
                      const struct protocol *protocol)
{
    make_room_for(core, handle.index);
    must(!core->sessions[handle.index]);
    struct session *session = session_create(core, handle, peer, protocol);
    core->sessions[handle.index] = session;
    if (core->shutting_down) {
        session_shut_down(session);
    } else {
        protocol->opened(session);
    }
}

void core_conn_line(struct core *core, struct handle handle, struct text line, enum core_line how)
{
    struct session *session = find(core, handle);
    if (session) {
        core->answering = session;
        session_line(session, line, how);
        core->answering = NULL;
    }
}

void core_conn_ended(struct core *core, struct handle handle, enum close_reason reason)
{
    struct session *session = find(core, handle);
    if (session) {
        session_ended(session, reason);
    }
}

void core_conn_drained(struct core *core, struct handle handle)
{
    struct session *session = find(core, handle);
    if (session) {
        core->answering = session;
        session_drained(session);
        core->answering = NULL;
    }
}

void core_conn_lagged(struct core *core, struct handle handle, uint32_t feed, uint64_t from_line)
{
    struct session *session = find(core, handle);
    if (session) {
        session_lagged(session, feed, from_line);
    }
}

void core_keep(struct core *core, const struct record *record, struct errand *errand)
{
    store_set(core->store, record, (uintptr_t)errand | COOKIE_RECORD);
}

void core_tell_unkept(struct core *core, int error)
{
    if (error) {
        tell_operator(core, TEXT("settings"), text_of(strerror(-error)));
    }
}

static void record_answered(struct core *core, struct errand *errand, int error)
{
    if (errand) {
        errand_recorded(errand, error);
    } else {
        core_tell_unkept(core, error);
    }
}

void core_password_hashed(struct core *core, uint64_t cookie, bool matches, struct text stored)
{
    errand_hashed(core, (struct errand *)(uintptr_t)cookie, matches, stored);
}

void core_password_given_up(struct core *core, uint64_t cookie)
{
    errand_given_up(core, (struct errand *)(uintptr_t)cookie);
}

void core_task_done(struct core *core, void *asker, const struct task_answer *answer)
{
    (void)core;
    session_task_done(asker, answer);
}

static void answered(void *context, const struct store_answer *answer)
{
    struct core *core = context;
    void *about = (void *)(uintptr_t)(answer->cookie & ~(uint64_t)COOKIE_MASK);
    switch (answer->cookie & COOKIE_MASK) {
    case COOKIE_ROOM:
        room_loaded(core, about, answer);
        break;
    case COOKIE_READING:
        core->answering = about;
        reading_answered(about, answer);
        core->answering = NULL;
        break;
    case COOKIE_RECORD:
        record_answered(core, about, answer->error);
        break;
    case COOKIE_ERASURE:
        erasure_answered(core, answer);
        break;
    default:
        pending_answered(core, about, answer);
    }
}

void core_store_ready(struct core *core)
{
    store_collect(core->store, answered, core);
}

void core_turn_end(struct core *core)
{
    sessions_go_on(core);
    renditions_seal_all(core);
    sessions_credit(core);
}

void core_disk_low(struct core *core, bool low)
{
    core->disk_low = low;
}

int64_t core_next_wake(const struct core *core)
{
    int64_t next_ms = presence_next_ms(core);
    int64_t retain_ms = retain_next_ms(core);
    next_ms = retain_ms < next_ms ? retain_ms : next_ms;
    int64_t ban_ms = ban_end_next_ms(core);
    next_ms = ban_ms < next_ms ? ban_ms : next_ms;
    for (const struct session *s = core->stalled; s; s = s->links.stalled_next) {
        bool held_back = s->held && !session_waits(s) && !reading_may_begin(s);
        if ((s->state.wait == WAIT_TIME || held_back) && reading_due_ms(s) < next_ms) {
            next_ms = reading_due_ms(s);
        }
        if (s->held && s->flood_ms > core->now.mono_ms && s->flood_ms < next_ms) {
            next_ms = s->flood_ms;
        }
    }
    return next_ms;
}

void core_shut_down(struct core *core)
{
    core->shutting_down = true;
    for (size_t i = 0; i < core->session_size; i++) {
        if (core->sessions[i]) {
            session_shut_down(core->sessions[i]);
        }
    }
}

bool core_is_empty(const struct core *core)
{
    return core->session_count == 0;
}

bool core_conn_describe(const struct core *core, struct handle handle, struct buf *out)
{
    const struct session *session = find(core, handle);
    if (!session) {
        return false;
    }
    struct text name = session->user ? session->user->name : TEXT("-");
    const struct peer *peer = &session->peer;
    buf_printf(out, "conn=%s#%u peer=%s:%u", session->protocol->name, session->number,
               peer->address, peer->port);
    if (peer->secure) {
        buf_printf(out, " tls=yes certificate=%s", peer->certificate ? peer->certificate : "-");
    }
    buf_printf(out, " user=%.*s rooms=", TEXT_ARG(name));
    for (const struct member *m = session->members; m; m = m->session_next) {
        buf_add(out, m->room->shown);
        if (m->session_next) {
            buf_add_char(out, ',');
        }
    }
    return true;
}

size_t core_users_online(const struct core *core)
{
    return core->users.count;
}

size_t core_uncommitted(const struct core *core)
{
    return core->uncommitted_messages;
}
