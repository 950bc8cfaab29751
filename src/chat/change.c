#include "chat/change.h"

#include "base/must.h"
#include "chat/core_state.h"
#include "chat/pending.h"
#include "chat/room.h"
#include "chat/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { WORDS_BYTES_MAX = 64 * 1024 };

// What a session waits for.
struct changing {
    uint32_t count;
    bool line;        // the line that they came in is still being dealt with
    int error;        // of one of them; 0: none has failed
    struct buf words; // what is said if none does
};

struct change *change_begin(struct session *session, struct room *room, size_t size,
                            int (*end)(struct change *, int error))
{
    must(size >= sizeof(struct change));
    struct change *change = mem_alloc(size);
    change->session = session;
    change->room = room;
    change->end = end;
    return change;
}

void change_note(struct change *change, bool shown, const char *format, ...)
{
    char did[NOTE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(did, sizeof did, format, arguments);
    va_end(arguments);
    free(change->did);
    change->did = text_copy(text_of(did));
    change->did_shown = shown;
}

static void wait_for(struct session *session)
{
    struct changing *changing = session->changing;
    if (!changing) {
        changing = session->changing = mem_alloc(sizeof *changing);
        buf_init(&changing->words, WORDS_BYTES_MAX);
        changing->line = session->core->running == session;
        if (changing->line && session->protocol->changing) {
            session->protocol->changing(session);
        }
    }
    changing->count++;
}

void change_submit(struct change *change, const struct record *record)
{
    struct core *core = change->session->core;
    struct buf key;
    buf_init(&key, STORE_KEY_MAX + STORE_RECORD_KEY_MAX);
    buf_printf(&key, "%.*s %.*s", TEXT_ARG(record->kind), TEXT_ARG(record->key));
    change->record = text_copy(buf_text(&key));
    buf_finish(&key);
    change->before = core->last_change;
    *(core->last_change ? &core->last_change->next : &core->changes) = change;
    core->last_change = change;
    wait_for(change->session);
    pending_change(change, record);
}

// It is on its way no more. If it failed, those that came after it fail with it.
static int take_out(struct change *change, int error)
{
    struct core *core = change->session->core;
    *(change->before ? &change->before->next : &core->changes) = change->next;
    *(change->next ? &change->next->before : &core->last_change) = change->before;
    for (struct change *c = change->next; c && error && !change->doomed; c = c->next) {
        c->doomed = c->doomed || strcmp(c->record, change->record) == 0;
    }
    return change->doomed && !error ? -EIO : error;
}

static void free_change(struct change *change)
{
    free(change->did);
    free(change->record);
    free(change);
}

void change_make(struct change *change)
{
    if (change->did) {
        session_keep_note(change->session, text_of(change->did), COOKIE_RECORD);
        if (change->did_shown) {
            session_show_note(change->session, text_of(change->did));
        }
    }
    change->end(change, 0);
    free_change(change);
}

// The audit log has it already.
static void note_failure(struct change *change)
{
    char did[NOTE_BYTES];
    snprintf(did, sizeof did, "has failed, for it could not be kept: %s", change->did);
    session_keep_note(change->session, text_of(did), COOKIE_RECORD);
}

static void go_on(struct session *session, struct changing *changing)
{
    if (!session->state.gone) {
        if (!changing->error) {
            session_reply(session, buf_text(&changing->words));
        } else if (session->protocol->not_changed) {
            session->protocol->not_changed(session, changing->error);
        }
        if (session->protocol->settled) {
            session->protocol->settled(session);
        }
    }
    buf_finish(&changing->words);
    free(changing);
    session_stall(session);
}

void change_answered(struct change *change, int error)
{
    struct session *session = change->session;
    struct changing *changing = session->changing;
    if (--changing->count == 0) {
        session->changing = NULL; // the end may have it wait for the next change
    }
    error = change->end(change, take_out(change, error));
    if (error) {
        changing->error = error;
    }
    if (change->did && error) {
        note_failure(change);
    } else if (change->did && change->did_shown) {
        session_show_note(session, text_of(change->did));
    }
    free_change(change);
    if (changing->count == 0) {
        go_on(session, changing);
    }
}

void changes_line_ends(struct session *session)
{
    if (session->changing) {
        session->changing->line = false;
    }
}

bool changes_put_aside(struct session *session, struct text block)
{
    bool aside = session->changing && session->changing->line;
    return aside && buf_add(&session->changing->words, block);
}
