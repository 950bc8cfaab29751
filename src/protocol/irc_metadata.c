#include "protocol/irc_metadata.h"

#include "chat/reading.h"
#include "chat/rights.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_people.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum { KEY_MAX = 64, PART_BYTES = 16 * 1024, SYNC_BYTES = 64 * 1024 };

// A METADATA command and whose notes it is about.
struct wish {
    const struct irc_message *message;
    struct text target; // as it stands in answers
    struct notes_owner owner;
    struct notes *notes;
    bool may_change;
};

static void fail(struct session *session, const char *code, struct text context,
                 const char *sentence)
{
    irc_standard(session, "FAIL", "METADATA", code, context, sentence);
}

static void fail_key(struct session *session, const char *code, struct text target, struct text key,
                     const char *sentence)
{
    struct buf context;
    buf_init(&context, 512);
    buf_printf(&context, "%.*s %.*s", TEXT_ARG(target), TEXT_ARG(key));
    fail(session, code, buf_text(&context), sentence);
    buf_finish(&context);
}

static bool is_key(struct text key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.at[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                    c == '/' || c == '-';
        if (!fits) {
            return false;
        }
    }
    return key.len > 0 && key.len <= KEY_MAX;
}

// A key that it may be, else a FAIL.
static bool need_key(struct session *session, struct text key)
{
    if (!is_key(key)) {
        fail(session, "KEY_INVALID", irc_shown(key),
             "A key is of a-z, 0-9, '_', '.', '/' and '-', and has at most 64 of them");
        return false;
    }
    return true;
}

static void say_value(struct session *session, const struct wish *wish, struct text key,
                      struct text value)
{
    if (value.at) {
        irc_numeric(session, 761, "%.*s %.*s * :%.*s", TEXT_ARG(wish->target), TEXT_ARG(key),
                    TEXT_ARG(value));
    } else {
        irc_numeric(session, 766, "%.*s %.*s :key not set", TEXT_ARG(wish->target), TEXT_ARG(key));
    }
}

static bool need_right_to_change(struct session *session, const struct wish *wish, struct text key)
{
    if (!wish->may_change) {
        fail_key(session, "KEY_NO_PERMISSION", wish->target, key, "You may not change this");
    }
    return wish->may_change;
}

static void get(struct session *session, const struct wish *wish)
{
    char batch[16];
    irc_batch_begin(session, batch, "metadata", wish->target);
    irc_batch_take(session, batch);
    for (size_t i = 2; i < wish->message->param_count; i++) {
        struct text key = wish->message->param[i];
        if (need_key(session, key)) {
            say_value(session, wish, key, notes_get(wish->notes, key));
        }
    }
    irc_batch_end(session, batch);
}

static void list(struct session *session, const struct wish *wish)
{
    char batch[16];
    irc_batch_begin(session, batch, "metadata", wish->target);
    irc_batch_take(session, batch);
    for (const struct note *note = wish->notes->by_key; note; note = note->hh.next) {
        say_value(session, wish, note->key, note->value);
    }
    irc_batch_end(session, batch);
}

static void kept(struct session *session, const struct note_wish *note)
{
    irc_metadata_tell(session, note->owner, note->key, note->value);
}

static bool store(struct session *session, const struct wish *wish, struct text key,
                  struct text value)
{
    if (!session->user) {
        return notes_set(wish->notes, key, value, NOTES_METADATA_MAX);
    }
    return session_set_note(session, &(struct note_wish){.owner = wish->owner,
                                                         .kind = NOTES_METADATA,
                                                         .key = key,
                                                         .value = value,
                                                         .about = TEXT(""),
                                                         .kept = kept});
}

static void set(struct session *session, const struct wish *wish)
{
    const struct irc_message *message = wish->message;
    struct text key = message->param_count > 2 ? message->param[2] : TEXT("");
    struct text none = {NULL, 0};
    struct text value = message->param_count > 3 ? message->param[3] : none;
    if (!need_key(session, key) || !need_right_to_change(session, wish, key)) {
        return;
    }
    if (value.len > NOTE_VALUE_MAX) {
        bool third = irc_has_more(session, MORE_METADATA_3);
        fail(session, third ? "INVALID_VALUE" : "VALUE_INVALID", third ? key : TEXT(""),
             "A value has at most 300 bytes");
    } else if (!value.at && !notes_get(wish->notes, key).at) {
        fail_key(session, "KEY_NOT_SET", wish->target, key, "This key is not set");
    } else if (!store(session, wish, key, value)) {
        fail(session, "LIMIT_REACHED", wish->target, "There are as many keys as there can be");
    } else {
        say_value(session, wish, key, value);
    }
}

static void clear(struct session *session, const struct wish *wish)
{
    if (!need_right_to_change(session, wish, TEXT("*"))) {
        return;
    }
    char batch[16];
    struct text none = {NULL, 0};
    struct text keys[NOTES_METADATA_MAX];
    size_t count = 0;
    for (const struct note *note = wish->notes->by_key; note; note = note->hh.next) {
        keys[count++] = text_own(note->key);
    }
    for (size_t i = 0; i < count; i++) {
        store(session, wish, keys[i], none);
    }
    irc_batch_begin(session, batch, "metadata", wish->target);
    irc_batch_take(session, batch);
    for (size_t i = 0; i < count; i++) {
        say_value(session, wish, keys[i], none);
        text_disown(keys[i]);
    }
    irc_batch_end(session, batch);
}

// As many numerics of keys as it takes.
static void say_keys(struct session *session, int number, const struct text *keys, size_t count)
{
    struct buf line;
    buf_init(&line, 1024);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&line, "%s%.*s", line.len ? " " : "", TEXT_ARG(keys[i]));
        if (line.len > 300 || i + 1 == count) {
            irc_numeric(session, number, "%.*s", TEXT_ARG(buf_text(&line)));
            buf_reset(&line);
        }
    }
    buf_finish(&line);
}

// The values there are already are to be asked for.
static void say_later(struct session *session)
{
    for (const struct member *m = session->members; m; m = m->session_next) {
        irc_numeric(session, 774, "%.*s", TEXT_ARG(m->room->shown));
    }
}

// SUB and UNSUB. `number` is the numeric that says which keys it was done for.
static void subscribe(struct session *session, const struct wish *wish, bool on, int number)
{
    struct text done[IRC_PARAMS_MAX] = {{NULL, 0}};
    size_t count = 0;
    struct text too_many = {NULL, 0};
    for (size_t i = 2; i < wish->message->param_count && !too_many.at; i++) {
        struct text key = wish->message->param[i];
        if (!need_key(session, key)) {
            continue;
        }
        struct text value = on ? TEXT("") : (struct text){NULL, 0};
        if (notes_set(&irc_of(session)->metadata.wanted, key, value, IRC_METADATA_SUBS_MAX)) {
            done[count++] = key;
        } else {
            too_many = key;
        }
    }
    say_keys(session, number, done, count);
    if (too_many.at) {
        fail(session, "TOO_MANY_SUBS", too_many, "You subscribe to as many keys as you can");
    }
    if (on && count) {
        say_later(session);
    }
}

static void sub(struct session *session, const struct wish *wish)
{
    subscribe(session, wish, true, 770);
}

static void unsub(struct session *session, const struct wish *wish)
{
    subscribe(session, wish, false, 771);
}

static void subs(struct session *session, const struct wish *wish)
{
    (void)wish;
    struct text keys[IRC_METADATA_SUBS_MAX] = {{NULL, 0}};
    size_t count = 0;
    const struct note *note = irc_of(session)->metadata.wanted.by_key;
    for (; note && count < IRC_METADATA_SUBS_MAX; note = note->hh.next) {
        keys[count++] = note->key;
    }
    char batch[16];
    irc_batch_begin(session, batch, "metadata-subs", TEXT(""));
    irc_batch_take(session, batch);
    say_keys(session, 772, keys, count);
    irc_batch_end(session, batch);
}

// A list_part: of the members of a room from a name on.
static bool sync_part(struct session *session, struct text name, struct buf *from, struct buf *out)
{
    struct room *room = session_find_room(session, name);
    const struct user_registry *users = session_users(session);
    const char *batch = irc_of(session)->metadata.batch;
    struct buf lines;
    buf_init(&lines, SYNC_BYTES);
    if (from->len == 0 && room) {
        irc_metadata_add(session, room->shown, &room->metadata, batch, &lines);
    }
    size_t i = user_registry_rank(users, buf_text(from));
    for (; room && i < users->count && lines.len < PART_BYTES; i++) {
        struct notes_owner owner = {.user = users->sorted[i]};
        if (user_is_in(owner.user, room)) {
            irc_metadata_add(session, owner.user->name,
                             session_notes(session, owner, NOTES_METADATA), batch, &lines);
        }
    }
    irc_rendered(session, buf_text(&lines));
    buf_finish(&lines);
    if (room && i < users->count) {
        buf_reset(from);
        buf_add(from, users->sorted[i]->key);
        irc_answer_part(session, out, false);
        return true;
    }
    irc_batch_end(session, batch);
    return false;
}

static void sync(struct session *session, const struct wish *wish)
{
    char *batch = irc_of(session)->metadata.batch;
    irc_batch_begin(session, batch, "metadata", wish->target);
    if (wish->owner.room) {
        session_list(session, sync_part, wish->owner.room->key);
        return;
    }
    struct buf lines;
    buf_init(&lines, SYNC_BYTES);
    irc_metadata_add(session, wish->target, wish->notes, batch, &lines);
    irc_rendered(session, buf_text(&lines));
    buf_finish(&lines);
    irc_batch_end(session, batch);
}

static const struct {
    struct text name;
    void (*run)(struct session *, const struct wish *);
    size_t least; // parameters
    bool own;     // of the client itself
} acts[] = {
    {TEXT_INIT("GET"), get, 3, false},  {TEXT_INIT("LIST"), list, 2, false},
    {TEXT_INIT("SET"), set, 3, false},  {TEXT_INIT("CLEAR"), clear, 2, false},
    {TEXT_INIT("SUB"), sub, 3, true},   {TEXT_INIT("UNSUB"), unsub, 3, true},
    {TEXT_INIT("SUBS"), subs, 2, true}, {TEXT_INIT("SYNC"), sync, 2, false},
};

static bool take_room(struct session *session, struct wish *wish)
{
    struct room *room = session->user ? session_find_room(session, wish->target) : NULL;
    if (!room || !rights_see(session, room)) {
        fail(session, "INVALID_TARGET", irc_shown(wish->target), "There is nobody of this name");
        return false;
    }
    if (!rights_read(session, room)) {
        fail_key(session, "KEY_NO_PERMISSION", room->shown, TEXT("*"),
                 "Only those who are in it may read this");
        return false;
    }
    wish->target = room->shown;
    wish->owner.room = room;
    wish->notes = &room->metadata;
    wish->may_change = rights_rule(session, room, RANK_OPERATOR) == REFUSED_NOT;
    return true;
}

// Before registration there is nobody but oneself.
static bool take_user(struct session *session, struct wish *wish)
{
    if (!session->user && text_equal(wish->target, TEXT("*"))) {
        wish->notes = &irc_of(session)->metadata.early;
        wish->may_change = true;
        return true;
    }
    bool own = session->user && text_equal(wish->target, TEXT("*"));
    struct user *user = own ? session->user : session_find_user(session, wish->target);
    if (!user || !session->user) {
        fail(session, "INVALID_TARGET", irc_shown(wish->target), "There is nobody of this name");
        return false;
    }
    wish->target = user->name;
    wish->owner.user = user;
    wish->notes = session_notes(session, wish->owner, NOTES_METADATA);
    wish->may_change = user == session->user || session->user->is_operator;
    return true;
}

void irc_command_metadata(struct session *session, const struct irc_message *message)
{
    if (!session->user && !irc_has(session, CAP_METADATA)) {
        irc_numeric(session, 451, ":You have not registered");
        return;
    }
    struct wish wish = {.message = message, .target = message->param[0]};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (!text_equal_nocase(acts[i].name, message->param[1])) {
            continue;
        }
        if (message->param_count < acts[i].least) {
            irc_numeric(session, 461, "METADATA :Not enough parameters");
            return;
        }
        wish.target = acts[i].own ? TEXT("*") : wish.target;
        bool is_room = text_starts(wish.target, TEXT("#"));
        if (is_room ? take_room(session, &wish) : take_user(session, &wish)) {
            acts[i].run(session, &wish);
        }
        return;
    }
    fail(session, "SUBCOMMAND_INVALID", irc_shown(message->param[1]),
         "METADATA takes one of GET LIST SET CLEAR SUB UNSUB SUBS SYNC");
}
