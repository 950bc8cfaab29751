#include "chat/pending.h"

#include "base/must.h"
#include "chat/change.h"
#include "chat/core_state.h"
#include "chat/device.h"
#include "chat/mail.h"
#include "chat/presence.h"
#include "chat/session.h"
#include "chat/stay.h"

static void queue_add(struct room *room, struct pending *pending)
{
    if (room->queue_end) {
        room->queue_end->next = pending;
    } else {
        room->queue = pending;
    }
    room->queue_end = pending;
}

// What is held (chat/presence.h) comes before messages, but not before these. Who leaves for
// protocols that tell of each holds up nobody: what is held of it is for the others.
static bool is_event(const struct pending *pending)
{
    return !pending->message && pending->event.whom != FOR_EACH;
}

static size_t pending_size(const struct message *message)
{
    return sizeof(struct pending) + sizeof *message + message->text.len;
}

void pending_submit(struct session *session, struct room *room, uint32_t recipient,
                    const struct message *message)
{
    struct core *core = session->core;
    struct pending *pending = mem_alloc(sizeof *pending);
    pending->room = room;
    pending->session = session;
    pending->message = message_copy(message);
    pending->waiting = 1;
    pending->recipient = recipient;
    pending->apart = session->state.apart;
    pending->origin = (struct origin){
        .user = session->user->number, .session = session->number, .apart = pending->apart};
    if (room) {
        queue_add(room, pending);
    }
    session->counts.in_flight++;
    core->uncommitted_bytes += pending_size(pending->message);
    core->uncommitted_messages++;
    core->submitted = pending;
    store_submit(core->store, pending->message, (uintptr_t)pending);
}

void pending_change(struct change *change, const struct record *record)
{
    struct core *core = change->session->core;
    struct pending *pending = mem_alloc(sizeof *pending);
    pending->room = change->room;
    pending->change = change;
    pending->waiting = 1;
    if (pending->room) {
        pending->room->queued_events++;
        queue_add(pending->room, pending);
    }
    store_set(core->store, record, (uintptr_t)pending);
    if (change->did) {
        pending->waiting++;
        session_keep_note(change->session, text_of(change->did), (uintptr_t)pending);
    }
}

static size_t event_size(const struct event *event)
{
    return sizeof(struct pending) + event->target.len + event->text.len +
           event->actor_count * 2 * sizeof(struct actor);
}

void pending_event(struct core *core, struct room *room, const struct event *event,
                   struct origin origin)
{
    struct pending *pending = mem_alloc(sizeof *pending);
    pending->room = room;
    pending->origin = origin;
    pending->event = *event;
    pending->event.target = text_own(event->target);
    pending->event.text = text_own(event->text);
    struct actor *actors = mem_array(event->actor_count, sizeof *actors);
    for (size_t i = 0; i < event->actor_count; i++) {
        actors[i] = actor_own(&event->actors[i]);
    }
    pending->event.actors = actors;
    pending->event.message = event->message ? message_copy(event->message) : NULL;
    room->queued_events += is_event(pending);
    core->uncommitted_bytes += event_size(event);
    queue_add(room, pending);
}

static void pending_free(struct pending *pending)
{
    struct actor *actors = (struct actor *)pending->event.actors;
    for (size_t i = 0; i < pending->event.actor_count; i++) {
        actor_disown(&actors[i]);
    }
    free(actors);
    text_disown(pending->event.target);
    text_disown(pending->event.text);
    free((struct message *)pending->event.message);
    free(pending->message);
    free(pending);
}

static void tell_operator(struct core *core, const struct pending *pending)
{
    const struct message *m = pending->message;
    bool action = m->kind == MESSAGE_ACTION;
    struct activity activity = {
        .kind = pending->session->user->nameless ? ACTIVITY_RELAYED
                : action                         ? ACTIVITY_ACTION
                                                 : ACTIVITY_MESSAGE,
        .wall_ms = core->now.wall_ms,
        .name = m->sender_name,
        .place = pending->room ? pending->room->shown : m->recipient_name,
        .text = m->text,
    };
    if (pending->error) {
        activity.kind = ACTIVITY_REFUSED;
        activity.text = text_of(strerror(-pending->error));
    } else if (!pending->room) {
        activity.kind = ACTIVITY_PRIVATE;
        activity.text = TEXT("");
    }
    core->output->activity(core->output->context, &activity);
}

// It was sent to an account that nobody was logged in to.
static bool is_mail(const struct pending *pending)
{
    const struct message *message = pending->message;
    return message && message->kind != MESSAGE_REDACTION && message->recipient.account &&
           pending->recipient == 0;
}

static struct user *recipient_of(struct core *core, const struct pending *pending)
{
    struct user *user = user_find(core, pending->message->recipient_name);
    if (user && user->number == pending->recipient) {
        return user;
    }
    // It may have another name by now.
    for (size_t i = 0; i < core->users.count; i++) {
        if (core->users.sorted[i]->number == pending->recipient) {
            return core->users.sorted[i];
        }
    }
    // Or have left and come again.
    struct identity who = pending->message->recipient;
    const struct account *account =
        who.account ? account_by_number(&core->accounts, who.number) : NULL;
    return account && account->online ? user_of(core, who) : NULL;
}

// Shows a private message to those sessions of the recipient that are there; false if none is.
static bool show_recipient(struct core *core, const struct pending *pending,
                           const struct event *event)
{
    const struct user *recipient = recipient_of(core, pending);
    bool is_there = false;
    for (struct session *s = recipient ? recipient->sessions : NULL; s; s = s->links.user_next) {
        is_there = is_there || !s->state.gone;
        if (!session_ignores(s, pending->session->user)) {
            session_tell_event(s, event, s->options);
        }
    }
    return is_there;
}

static struct account *account_to(struct core *core, const struct pending *pending)
{
    struct identity who = pending->message->recipient;
    return who.account ? account_by_number(&core->accounts, who.number) : NULL;
}

// It is kept, but everybody under the recipient's account has left since it was sent: so it waits
// for the next one, and its sender for that to be kept too.
static bool becomes_mail(struct core *core, struct pending *pending)
{
    const struct message *message = pending->message;
    if (!message || pending->error || message->kind == MESSAGE_REDACTION || is_mail(pending)) {
        return false;
    }
    struct account *account = account_to(core, pending);
    const struct user *user = account ? recipient_of(core, pending) : NULL;
    if (!account || (user && !user_is_absent(user)) ||
        !mail_add(core, account, message->place, message->time_ms, (uintptr_t)pending)) {
        return false;
    }
    account->mail_unsettled++;
    pending->recipient = 0;
    pending->waiting = 1;
    return true;
}

static void show_private(struct core *core, struct pending *pending)
{
    struct session *sender = pending->session;
    struct event event = {
        .kind = EVENT_PRIVATE_FROM,
        .wall_ms = pending->message->time_ms,
        .now_ms = core->now.wall_ms,
        .message = pending->message,
        .account = account_name_of(&core->accounts, pending->message->sender),
    };
    bool is_there = !is_mail(pending) && show_recipient(core, pending, &event);
    event.kind = EVENT_PRIVATE_TO;
    if (is_there || account_to(core, pending)) {
        bool to_oneself = pending->recipient == sender->user->number;
        if (!to_oneself) {
            session_show_others(sender, &event);
        }
        if (!sender->state.gone) {
            sender->protocol->own(sender, &event);
        }
    }
    if (!is_there && !sender->state.gone) {
        sender->protocol->not_delivered(sender, pending->message);
    }
}

static struct event redaction_event(struct core *core, const struct pending *pending,
                                    const struct actor *actor)
{
    return (struct event){
        .kind = EVENT_REDACTED,
        .wall_ms = pending->message->time_ms,
        .now_ms = core->now.wall_ms,
        .actors = actor,
        .actor_count = 1,
        .redacted = pending->message->id,
        .text = pending->message->text,
    };
}

// A message has been deleted.
static void show_redaction(struct core *core, struct pending *pending)
{
    struct session *sender = pending->session;
    struct actor actor = user_actor(sender->user);
    struct event event = redaction_event(core, pending, &actor);
    if (pending->room) {
        room_show_redaction(core, pending->room, &event, pending->origin);
    } else {
        struct user *recipient = recipient_of(core, pending);
        event.message = pending->message;
        event.target = sender->user->name; // only one's own can be deleted in private
        for (struct session *s = recipient ? recipient->sessions : NULL; s;
             s = s->links.user_next) {
            if (s != sender && !session_ignores(s, sender->user)) {
                session_tell_event(s, &event, s->options);
            }
        }
        if (recipient != sender->user) {
            session_show_others(sender, &event);
        }
    }
    if ((pending->apart || !pending->room) && !sender->state.gone) {
        sender->protocol->own(sender, &event);
    }
}

static void show(struct core *core, struct pending *pending)
{
    if (pending->change) {
        change_answered(pending->change, pending->error);
        return;
    }
    if (!pending->message) {
        must(pending->room);
        pending->event.room = pending->room->shown; // it may have another name by now
        room_show(core, pending->room, &pending->event, pending->origin);
        return;
    }
    if (pending->message->kind < MESSAGE_DELETED) {
        tell_operator(core, pending);
    }
    if (pending->error) {
        if (!pending->session->state.gone) {
            pending->session->protocol->not_kept(pending->session, pending->message,
                                                 pending->error);
        }
    } else if (pending->message->kind == MESSAGE_REDACTION) {
        show_redaction(core, pending);
    } else if (pending->room) {
        room_show_message(core, pending->room, pending->message, pending->origin);
        if (pending->apart && !pending->session->state.gone) {
            struct event event = room_message_event(core, pending->room, pending->message);
            pending->session->protocol->own(pending->session, &event);
        }
    } else {
        show_private(core, pending);
    }
}

static void settle(struct core *core, struct pending *pending)
{
    struct session *session = pending->session;
    if (session) {
        must(pending->message);
        core->uncommitted_bytes -= pending_size(pending->message);
        core->uncommitted_messages--;
        session->counts.in_flight--;
        if (session->counts.in_flight == 0 && session->state.apart && !session->state.gone) {
            session->protocol->settled(session);
        }
        if (pending->ends_line) {
            session_owe(session, 1);
        }
        if (is_mail(pending)) {
            mail_settled(core, pending->message->recipient);
        }
        session_stall(session);
    } else if (!pending->change) {
        core->uncommitted_bytes -= event_size(&pending->event);
    }
    pending_free(pending);
}

static void take_answer(struct core *core, struct pending *pending,
                        const struct store_answer *answer)
{
    pending->waiting--;
    if (pending->change && answer->kind == STORE_WRITTEN) {
        core_tell_unkept(core, answer->error); // what the audit log says of it
        return;
    }
    if (pending->message && answer->kind == STORE_RECORDED) {
        core_tell_unkept(core, answer->error); // that it waits
        return;
    }
    pending->error = answer->error;
    if (pending->message && !answer->error) { // a redaction keeps the id that it asks for
        devices_saw(core, answer->id);
        pending->message->id = answer->id;
        pending->message->seq = answer->seq;
    }
}

static void drop_first(struct room *room)
{
    const struct pending *first = room->queue;
    room->queue = first->next;
    if (!room->queue) {
        room->queue_end = NULL;
    }
    room->queued_events -= is_event(first);
}

// A change stays first meanwhile, and so does the room.
static void end_first(struct core *core, struct room *room)
{
    struct pending *first = room->queue;
    room->in_turn = true;
    change_answered(first->change, first->error);
    room->in_turn = false;
    drop_first(room);
    settle(core, first);
}

void pending_answered(struct core *core, struct pending *pending, const struct store_answer *answer)
{
    struct room *room = pending->room;
    take_answer(core, pending, answer);
    if (!room && !pending->waiting && !becomes_mail(core, pending)) {
        show(core, pending);
        settle(core, pending);
    }
    if (!room) {
        return;
    }
    while (room->queue && !room->queue->waiting) {
        struct pending *first = room->queue;
        if (first->change) {
            end_first(core, room);
        } else {
            drop_first(room);
            show(core, first);
            settle(core, first);
        }
    }
    room_tidy(core, room);
}
