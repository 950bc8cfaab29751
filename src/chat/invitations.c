#include "chat/invitations.h"

#include "base/utf8.h"
#include "chat/bans.h"
#include "chat/change.h"
#include "chat/core_state.h"
#include "chat/rights.h"

#include <time.h>

static const int64_t usual_ms = (int64_t)7 * 24 * 3600 * 1000;

static void say_fault(struct text word, struct buf *out)
{
    word = utf8_cut(word, NAME_BYTES_MAX);
    if (text_starts(word, TEXT("#"))) {
        buf_printf(out, "There is no room \"%.*s\".", TEXT_ARG(word));
    } else if (text_digits(word) == word.len) {
        buf_printf(out, "An invitation can be for 1 to %d people, but not for %.*s.",
                   INVITATION_USES_MAX, TEXT_ARG(word));
    } else if (ban_time_is_meant(word)) {
        buf_printf(out, "A time is like 90s, 10m, 2h, 7d or 4w, and not \"%.*s\".", TEXT_ARG(word));
    } else {
        buf_printf(
            out, "\"%.*s\" is no room like #den, no number of people like 3, and no time like 7d.",
            TEXT_ARG(word));
    }
}

static bool read_word(struct session *session, struct text word, struct invitation_wish *wish)
{
    uint64_t uses = 0;
    if (text_starts(word, TEXT("#"))) {
        struct room *room = session_find_room(session, word);
        wish->room = room && rights_see(session, room) ? room : NULL;
        return wish->room != NULL;
    }
    if (text_number(word, INVITATION_USES_MAX, &uses) && uses) {
        wish->uses = (uint32_t)uses;
        return true;
    }
    return ban_time(word, &wish->for_ms);
}

bool invitation_read(struct session *session, struct text words, struct invitation_wish *wish,
                     struct buf *why)
{
    *wish = (struct invitation_wish){.uses = 1, .for_ms = usual_ms};
    while (words.len) {
        struct text word = text_word(&words);
        if (!read_word(session, word, wish)) {
            say_fault(word, why);
            return false;
        }
    }
    return true;
}

static void digest_of(struct text code, char hex[DIGEST_HEX + 1])
{
    struct digest *digest = digest_create();
    digest_add(digest, code.at, code.len);
    digest_finish(digest, hex);
}

static struct invitation *find(const struct core *core, const char *digest)
{
    struct invitation *one = NULL;
    HASH_FIND_STR(core->invitations, digest, one);
    return one;
}

// What the store has of it: what is being used is used there already.
static struct record record_of(const struct invitation *one, struct buf *value)
{
    struct invitation left = *one;
    left.uses -= one->reserved;
    if (left.uses && !one->ending) {
        invitation_write(&left, value);
    }
    return (struct record){TEXT(INVITATION_KIND), text_of(one->digest), buf_text(value)};
}

static void keep(struct core *core, const struct invitation *one)
{
    struct buf value;
    buf_init(&value, STORE_RECORD_MAX);
    struct record record = record_of(one, &value);
    core_keep(core, &record, NULL);
    buf_finish(&value);
}

static void finish(struct invitation *one)
{
    text_disown(one->place);
    text_disown(one->by);
    free(one);
}

static void destroy(struct core *core, struct invitation *one)
{
    HASH_DEL(core->invitations, one);
    finish(one);
}

static void end(struct core *core, struct invitation *one)
{
    one->ending = true;
    keep(core, one);
    destroy(core, one);
}

void invitations_finish(struct core *core)
{
    struct invitation *one;
    struct invitation *next;
    HASH_ITER(hh, core->invitations, one, next)
    {
        destroy(core, one);
    }
}

static void expire(struct core *core)
{
    struct invitation *one;
    struct invitation *next;
    HASH_ITER(hh, core->invitations, one, next)
    {
        if (one->until_ms <= core->now.wall_ms) {
            end(core, one);
        }
    }
}

// Administrators of the control socket have no user.
static bool may_all(const struct session *session)
{
    return !session->user || rights_everywhere(session);
}

static const char *why_not(const struct session *session, const struct invitation_wish *wish)
{
    const struct room *room = wish->room;
    if (!room) {
        return may_all(session) ? NULL : "Only the server's moderators may invite to register.";
    }
    if (!may_all(session) && rights_rule(session, room, (enum rank)0) != REFUSED_NOT) {
        return "Only the operators of that room may do that.";
    }
    return room->rules && room->rules->kept
               ? NULL
               : "That room is nobody's, and a code for it would not last.";
}

static void make_code(struct core *core, char code[INVITATION_CODE_LEN + 1])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char random[INVITATION_CODE_LEN];
    core->output->random(core->output->context, random, sizeof random);
    for (size_t i = 0; i < INVITATION_CODE_LEN; i++) {
        code[i] = letters[random[i] % 32];
    }
    code[INVITATION_CODE_LEN] = '\0';
}

// One that is made, used or ended.
struct invitation_change {
    struct change change;
    char digest[DIGEST_HEX + 1];
    struct invitation *made; // owned until it holds
    char *place;             // owned: of the room that the session comes in by it,
    char *shown;             // and its name
};

static struct invitation_change *begin(struct session *session, const struct invitation *one,
                                       int (*at_end)(struct change *, int error))
{
    struct invitation_change *own =
        (struct invitation_change *)change_begin(session, NULL, sizeof *own, at_end);
    memcpy(own->digest, one->digest, sizeof own->digest);
    return own;
}

static void submit(struct invitation_change *own, const struct invitation *one)
{
    struct buf value;
    buf_init(&value, STORE_RECORD_MAX);
    struct record record = record_of(one, &value);
    change_submit(&own->change, &record);
    buf_finish(&value);
}

static int end_making(struct change *change, int error)
{
    struct invitation_change *own = (struct invitation_change *)change;
    struct core *core = change->session->core;
    if (error) {
        own->made->ending = true;
        keep(core, own->made);
        finish(own->made);
    } else {
        HASH_ADD_STR(core->invitations, digest, own->made);
    }
    return error;
}

static void make(struct session *session, struct invitation *one)
{
    struct invitation_change *own = begin(session, one, end_making);
    struct buf words;
    buf_init(&words, 512);
    invitation_say(session->core, one, &words);
    change_note(&own->change, true, "has made the invitation %.*s", TEXT_ARG(buf_text(&words)));
    buf_finish(&words);
    own->made = one;
    submit(own, one);
}

const char *session_invite_by_code(struct session *session, const struct invitation_wish *wish,
                                   char code[INVITATION_CODE_LEN + 1])
{
    struct core *core = session->core;
    const char *why = why_not(session, wish);
    expire(core);
    if (!why && HASH_COUNT(core->invitations) >= INVITATIONS_MAX) {
        why = "There are as many invitations as there can be. End one first.";
    }
    if (why) {
        return why;
    }
    struct invitation *one = mem_alloc(sizeof *one);
    make_code(core, code);
    digest_of(text_of(code), one->digest);
    one->place = text_own(wish->room ? wish->room->place : TEXT(""));
    one->by = text_own(session->user ? session->user->name : TEXT("hobnobctl"));
    one->uses = wish->uses;
    one->made_ms = core->now.wall_ms;
    one->until_ms = core->now.wall_ms + wish->for_ms;
    make(session, one);
    return NULL;
}

static bool may_see(const struct session *session, const struct invitation *one)
{
    const struct room *room = one->place.len ? room_of_place(session->core, one->place) : NULL;
    return may_all(session) || (room && rights_rule(session, room, (enum rank)0) == REFUSED_NOT);
}

const struct invitation *session_next_invitation(struct session *session,
                                                 const struct invitation *one)
{
    if (!one) {
        expire(session->core);
    }
    const struct invitation *next = one ? one->hh.next : session->core->invitations;
    while (next && (next->ending || !may_see(session, next))) {
        next = next->hh.next;
    }
    return next;
}

static int end_ending(struct change *change, int error)
{
    struct core *core = change->session->core;
    struct invitation *one = find(core, ((struct invitation_change *)change)->digest);
    if (one && error) {
        one->ending = false;
        keep(core, one);
    } else if (one) {
        destroy(core, one);
    }
    return error;
}

bool session_end_invitation(struct session *session, struct text name)
{
    const struct invitation *one = session_next_invitation(session, NULL);
    while (one && !(name.len >= INVITATION_NAME_LEN && text_starts(text_of(one->digest), name))) {
        one = session_next_invitation(session, one);
    }
    if (one) {
        struct invitation_change *own = begin(session, one, end_ending);
        change_note(&own->change, true, "has ended the invitation %.*s",
                    TEXT_ARG(text_head(name, INVITATION_NAME_LEN)));
        find(session->core, one->digest)->ending = true;
        submit(own, one);
    }
    return one != NULL;
}

void invitation_say(const struct core *core, const struct invitation *one, struct buf *out)
{
    const struct room *room =
        one->place.len ? room_of_place((struct core *)core, one->place) : NULL;
    time_t seconds = (time_t)(one->until_ms / 1000);
    struct tm utc = {0};
    char until[32] = "";
    if (gmtime_r(&seconds, &utc)) {
        strftime(until, sizeof until, "%Y-%m-%d %H:%M", &utc);
    }
    buf_printf(out, "%.*s %s%.*s, for %u, until %s UTC (by %.*s)", INVITATION_NAME_LEN, one->digest,
               one->place.len ? "into " : "to register", TEXT_ARG(room ? room->shown : one->place),
               one->uses, until, TEXT_ARG(one->by));
}

static struct invitation *usable(const struct core *core, struct text place, struct text code)
{
    char digest[DIGEST_HEX + 1];
    if (code.len != INVITATION_CODE_LEN) {
        return NULL;
    }
    digest_of(code, digest);
    struct invitation *one = find(core, digest);
    bool opens = one && !one->ending && text_equal(one->place, place) &&
                 one->uses > one->reserved && one->until_ms > core->now.wall_ms;
    return opens ? one : NULL;
}

struct invitation *invitation_into(const struct core *core, const struct room *room,
                                   struct text code)
{
    return usable(core, room->place, code);
}

static void use(struct core *core, struct invitation *one)
{
    one->uses--;
    keep(core, one); // once more, for what was spent before an account may have failed
    if (one->uses == 0) {
        destroy(core, one);
    }
}

static void say_gone(const struct invitation_change *own)
{
    struct session *session = own->change.session;
    struct buf words;
    buf_init(&words, 1024);
    buf_printf(&words, "You cannot join %s: it is no more.", own->shown);
    session->core->answering = session;
    session->protocol->refused(session, text_of(own->shown), buf_text(&words));
    session->core->answering = NULL;
    buf_finish(&words);
}

static int end_use(struct change *change, int error)
{
    struct invitation_change *own = (struct invitation_change *)change;
    invitation_settle(change->session->core, own->digest, error == 0);
    if (!error && !change->session->state.gone &&
        !room_enter_late(change->session, text_of(own->place))) {
        say_gone(own);
    }
    free(own->place);
    free(own->shown);
    return error;
}

bool invitation_spend(struct session *session, const struct room *room, struct text code)
{
    struct invitation *one = invitation_into(session->core, room, code);
    if (!one || rights_join(session, room, TEXT("")) == REFUSED_NOT) {
        return false;
    }
    struct invitation_change *own = begin(session, one, end_use);
    own->place = text_copy(room->place);
    own->shown = text_copy(room->shown);
    one->reserved++;
    submit(own, one);
    return true;
}

bool session_redeem(struct session *session, struct text code)
{
    const struct invitation *one = usable(session->core, TEXT(""), code);
    if (one) {
        free(session->redeemed);
        session->redeemed = text_copy(text_of(one->digest));
    }
    return one != NULL;
}

bool session_has_invitation(const struct session *session)
{
    const struct core *core = session->core;
    const struct invitation *one = session->redeemed ? find(core, session->redeemed) : NULL;
    return one && !one->ending && one->uses > one->reserved && one->until_ms > core->now.wall_ms;
}

const char *invitation_reserve(struct session *session)
{
    must(session_has_invitation(session));
    struct invitation *one = find(session->core, session->redeemed);
    one->reserved++;
    return one->digest;
}

void invitation_spend_reserved(struct core *core, const char *digest)
{
    const struct invitation *one = find(core, digest);
    if (one) {
        keep(core, one);
    }
}

void invitation_settle(struct core *core, const char *digest, bool used)
{
    struct invitation *one = find(core, digest);
    if (!one) {
        return; // it has ended meanwhile
    }
    one->reserved--;
    if (used) {
        use(core, one);
    } else {
        keep(core, one);
    }
}

void invitations_close_room(struct core *core, const struct room *room, bool closed)
{
    for (struct invitation *one = core->invitations; one; one = one->hh.next) {
        if (text_equal(one->place, room->place)) {
            one->ending = closed;
            keep(core, one);
        }
    }
}

void invitations_forget_room(struct core *core, const struct room *room)
{
    struct invitation *one;
    struct invitation *next;
    HASH_ITER(hh, core->invitations, one, next)
    {
        if (text_equal(one->place, room->place)) {
            end(core, one);
        }
    }
}

bool invitation_load(struct core *core, const struct record *record)
{
    struct invitation *one = mem_alloc(sizeof *one);
    bool read = record->key.len == DIGEST_HEX && invitation_parse(record->value, one);
    if (!read) {
        free(one);
        return false;
    }
    memcpy(one->digest, record->key.at, DIGEST_HEX);
    HASH_ADD_STR(core->invitations, digest, one);
    return true;
}
