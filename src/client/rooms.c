#include "client/rooms.h"

#include "base/utf8.h"

#include <string.h>

static const struct text lobby = TEXT_INIT("#lobby");

static void set(struct text *owned, struct text value)
{
    struct text copy = text_own(value);
    text_disown(*owned);
    *owned = copy;
}

static struct rooms_one *find(struct rooms *r, struct text name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (text_equal_nocase(r->list[i].name, name)) {
            return &r->list[i];
        }
    }
    return NULL;
}

static struct rooms_one *find_or_add(struct rooms *r, struct text name)
{
    struct rooms_one *one = find(r, name);
    if (!one && r->count < ROOMS_MAX) {
        one = &r->list[r->count++];
        *one = (struct rooms_one){.name = text_own(name), .words = text_own(TEXT(""))};
    }
    return one;
}

static void finish_one(struct rooms_one *one)
{
    text_disown(one->name);
    text_disown(one->words);
}

static void forget(struct rooms *r, struct text name)
{
    struct rooms_one *one = find(r, name);
    if (one) {
        finish_one(one);
        r->count--;
        memmove(one, one + 1, (size_t)(&r->list[r->count] - one) * sizeof *one);
    }
}

static void enter(struct rooms *r, struct text name)
{
    struct rooms_one *one = find_or_add(r, name);
    if (one) {
        one->joined = true;
    }
    set(&r->current, name);
}

void rooms_init(struct rooms *r)
{
    *r = (struct rooms){.current = text_own(TEXT("")), .asked = text_own(TEXT(""))};
    enter(r, lobby);
}

void rooms_finish(struct rooms *r)
{
    if (r) {
        for (size_t i = 0; i < r->count; i++) {
            finish_one(&r->list[i]);
        }
        text_disown(r->current);
        text_disown(r->asked);
        *r = (struct rooms){0};
    }
}

void rooms_note_sent(struct rooms *r, struct text line)
{
    struct text rest = text_trim(line);
    struct text command = text_starts(line, TEXT("/")) ? text_word(&rest) : TEXT("");
    bool join = text_equal_nocase(command, TEXT("/join"));
    struct text name = text_word(&rest);
    if (!name.len || !utf8_valid(line) || !(join || text_equal_nocase(command, TEXT("/room")))) {
        return;
    }
    set(&r->asked, name);
    struct rooms_one *one = join ? find_or_add(r, name) : NULL;
    if (one && rest.len) {
        set(&one->words, rest);
    }
}

// Whether `line` is `start`, a room and `end`, behind which more may follow.
static bool is_sentence(struct text line, struct text start, struct text end, struct text *room)
{
    if (!text_starts(line, start)) {
        return false;
    }
    struct text rest = text_skip(line, start.len);
    *room = text_head(rest, text_find(rest, ' '));
    if (text_starts(end, TEXT(" "))) {
        return room->len && text_starts(text_skip(rest, room->len), end);
    }
    room->len -= room->len > 0; // the sign behind it
    return room->len && text_starts(text_skip(rest, room->len), end);
}

static bool is_entered(struct text line, struct text *room)
{
    return is_sentence(line, TEXT("[SYSTEM] You are in "), TEXT(" now, with "), room) ||
           is_sentence(line, TEXT("[SYSTEM] What you say goes to "), TEXT(" now."), room);
}

static bool is_refused(struct text line, struct text *room)
{
    return is_sentence(line, TEXT("[SYSTEM] You cannot join "), TEXT(": "), room);
}

void rooms_note_line(struct rooms *r, struct text line)
{
    struct text room;
    struct text left = TEXT("[SYSTEM] You have left ");
    if (text_starts(line, TEXT("[SYSTEM] "))) {
        set(&r->asked, TEXT(""));
    }
    if (is_entered(line, &room)) {
        enter(r, room);
    } else if (is_sentence(line, left, TEXT(". What you say goes to "), &room)) {
        struct text rest = text_skip(line, left.len + room.len);
        rest = text_skip(rest, TEXT(". What you say goes to ").len);
        forget(r, room);
        enter(r, text_head(rest, text_find(rest, ' ')));
    } else if (is_sentence(line, left, TEXT(" and are in no room."), &room)) {
        forget(r, room);
        rooms_forget_current(r);
    } else if (is_sentence(line, TEXT("[SYSTEM] You are not in "), TEXT(" any more."), &room)) {
        forget(r, room);
        if (text_equal_nocase(room, r->current)) {
            rooms_forget_current(r);
        }
    } else if (is_refused(line, &room) && find(r, room) && !find(r, room)->joined) {
        forget(r, room);
    }
}

void rooms_restart(struct rooms *r)
{
    if (r->asked.len) {
        enter(r, r->asked);
        set(&r->asked, TEXT(""));
    }
}

bool rooms_need_return(const struct rooms *r)
{
    bool only_lobby = r->count == 1 && text_equal_nocase(r->list[0].name, lobby);
    return !only_lobby || !text_equal_nocase(r->current, lobby);
}

static void add_join(const struct rooms_one *one, struct buf *out)
{
    buf_printf(out, "/join %.*s%s%.*s\n", TEXT_ARG(one->name), one->words.len ? " " : "",
               TEXT_ARG(one->words));
}

// Where lines went nowhere, they go to the lobby.
static struct text destination(const struct rooms *r)
{
    return r->current.len ? r->current : lobby;
}

void rooms_add_return(const struct rooms *r, struct buf *out)
{
    struct text last = destination(r);
    bool in_lobby = text_equal_nocase(last, lobby);
    const struct rooms_one *last_one = NULL;
    for (size_t i = 0; i < r->count; i++) {
        const struct rooms_one *one = &r->list[i];
        bool is_lobby = text_equal_nocase(one->name, lobby);
        in_lobby = in_lobby || (is_lobby && one->joined);
        if (text_equal_nocase(one->name, last)) {
            last_one = one;
        } else if (one->joined && !is_lobby) {
            add_join(one, out);
        }
    }
    if (!in_lobby) {
        buf_printf(out, "/part %.*s\n", TEXT_ARG(lobby));
    }
    if (text_equal_nocase(last, lobby)) {
        buf_printf(out, "/room %.*s\n", TEXT_ARG(lobby));
    } else {
        add_join(last_one ? last_one : &(struct rooms_one){.name = last}, out);
    }
}

enum rooms_answer rooms_note_return(struct rooms *r, struct text line)
{
    struct text room;
    if (is_entered(line, &room) && text_equal_nocase(room, destination(r))) {
        enter(r, room);
        return ROOMS_ENTERED;
    }
    if (!is_refused(line, &room)) {
        return ROOMS_NO_ANSWER;
    }
    bool is_last = text_equal_nocase(room, destination(r));
    forget(r, room);
    return is_last ? ROOMS_REFUSED : ROOMS_NO_ANSWER;
}

void rooms_forget_current(struct rooms *r)
{
    set(&r->current, TEXT(""));
}
