// The order in which a session's lines are dealt with, and its end.
#include "base/must.h"
#include "chat/change.h"
#include "chat/core_state.h"
#include "chat/login.h"
#include "chat/pending.h"
#include "chat/reading.h"
#include "chat/session.h"

struct held {
    struct held_line {
        struct held_line *next;
        enum core_line how;
        size_t len;
        char bytes[];
    } * first, **end;
};

static void hold(struct session *session, struct text line, enum core_line how)
{
    if (!session->held) {
        session->held = mem_alloc(sizeof *session->held);
        session->held->end = &session->held->first;
    }
    struct held_line *kept = mem_alloc(sizeof *kept + line.len);
    kept->how = how;
    kept->len = line.len;
    if (line.len) {
        memcpy(kept->bytes, line.at, line.len);
    }
    *session->held->end = kept;
    session->held->end = &kept->next;
}

static void held_drop_first(struct session *session)
{
    struct held *held = session->held;
    struct held_line *first = held->first;
    held->first = first->next;
    free(first);
    if (!held->first) {
        free(held);
        session->held = NULL;
    }
}

void held_destroy(struct session *session)
{
    while (session->held) {
        held_drop_first(session);
    }
}

static bool may_run(const struct session *session, struct text line)
{
    const struct core *core = session->core;
    if (session_waits(session) || session->state.departed) {
        return false;
    }
    if (core->now.mono_ms < session->flood_ms) {
        return false;
    }
    if (core->uncommitted_bytes >= core->config.limits.uncommitted_bytes) {
        return false;
    }
    bool may_ask = session->counts.in_flight == 0 && reading_may_begin(session);
    return may_ask || session->protocol->is_message(session, line);
}

static void trace_line(const struct session *session, struct text line)
{
    const struct output *output = session->core->output;
    if (!output->trace) {
        return;
    }
    struct buf arrow;
    buf_init(&arrow, 32 * 1024);
    struct text name = session->user ? session->user->name : TEXT("-");
    buf_printf(&arrow, "-> %s#%u %.*s: ", session->protocol->name, session->number, TEXT_ARG(name));
    bool secret = session->protocol->has_secret && session->protocol->has_secret(session, line);
    buf_add(&arrow, secret ? TEXT("(a password)") : line);
    output->trace(output->context, buf_text(&arrow));
    buf_finish(&arrow);
}

static void run(struct session *session, struct text line, enum core_line how)
{
    struct core *core = session->core;
    trace_line(session, line);
    core->submitted = NULL;
    core->running = session;
    session->protocol->line(session, line, how);
    core->running = NULL;
    changes_line_ends(session);
    if (core->submitted) {
        core->submitted->ends_line = true;
        core->submitted = NULL;
    } else {
        session_owe(session, 1);
    }
}

void session_line(struct session *session, struct text line, enum core_line how)
{
    if (session->state.departed || session->core->shutting_down || session->ended) {
        return;
    }
    if (!session->held && may_run(session, line)) {
        run(session, line, how);
    } else {
        hold(session, line, how);
        session_stall(session);
    }
}

// Frees a session that has departed; the one place where that happens.
static void finish(struct session *session)
{
    struct core *core = session->core;
    if (session->state.is_owed) {
        struct session **at = &core->owed;
        while (*at != session) {
            at = &(*at)->links.owed_next;
        }
        *at = session->links.owed_next;
    }
    core->session_count -= !session->state.stays;
    if (session->protocol->finish) {
        session->protocol->finish(session);
    }
    free(session->peer.certificate);
    free(session->device);
    errand_destroy(session);
    if (session->ended) {
        free(session->ended->by);
        free(session->ended->why);
        free(session->ended);
    }
    free(session->redeemed);
    free(session);
}

static void go_on(struct session *session)
{
    if (session->state.wait == WAIT_TIME) {
        reading_step(session);
    }
    session_catch_up(session);
    while (session->held) {
        struct held_line *first = session->held->first;
        struct text line = {first->bytes, first->len};
        if (!may_run(session, line)) {
            break;
        }
        // Its bytes stay until it is done; the line may end the session and drop the rest.
        session->held->first = first->next;
        if (!session->held->first) {
            free(session->held);
            session->held = NULL;
        }
        run(session, line, first->how);
        free(first);
    }
    if (session->state.ending && !session->state.departed && !session->held &&
        session->counts.in_flight == 0 && !session_waits(session)) {
        const struct ending *ended = session->ended;
        struct text why = !ended      ? TEXT("")
                          : ended->by ? text_of(ended->why)
                                      : TEXT("banned from the server");
        session_quit(session, session->state.end_reason, why);
    }
    bool for_room_in_the_store =
        session->held && !session_waits(session) && session->counts.in_flight == 0;
    if (session->state.wait == WAIT_TIME || for_room_in_the_store) {
        session_stall(session);
    }
}

void sessions_go_on(struct core *core)
{
    // Those that still wait put themselves on a new list.
    struct session *session = core->stalled;
    core->stalled = NULL;
    while (session) {
        struct session *next = session->links.stalled_next;
        session->state.is_stalled = false;
        if (session->state.departed) {
            session_stall(session);
        } else {
            core->answering = session;
            go_on(session);
            core->answering = NULL;
        }
        session = next;
    }
    struct session **at = &core->stalled;
    while (*at) {
        session = *at;
        if (session->state.departed && !session->changing) {
            *at = session->links.stalled_next;
            finish(session);
        } else {
            at = &session->links.stalled_next;
        }
    }
}

void sessions_credit(struct core *core)
{
    const struct output *output = core->output;
    while (core->owed) {
        struct session *session = core->owed;
        core->owed = session->links.owed_next;
        session->state.is_owed = false;
        if (!session->state.gone) {
            output->credit(output->context, session->handle, session->counts.owed);
        }
        session->counts.owed = 0;
    }
}
