#include "chat/ban_report.h"

#include "chat/core_state.h"
#include "chat/roles.h"
#include "chat/rule_words.h"
#include "chat/session.h"

enum { NAMES_SHOWN = 50 };

struct names {
    struct buf *out;
    size_t count;
};

static void add_name(void *context, const struct user *user)
{
    struct names *names = context;
    if (names->count++ < NAMES_SHOWN) {
        buf_printf(names->out, "%s%.*s", names->count > 1 ? ", " : "", TEXT_ARG(user->name));
    }
}

size_t ban_add_hits(struct session *session, const struct ban *ban, struct text mask,
                    enum ban_for whom, struct buf *out)
{
    struct names names = {.out = out};
    ban_each_hit(session, ban, mask, whom, add_name, &names);
    if (names.count > NAMES_SHOWN) {
        buf_printf(out, " and %zu more", names.count - NAMES_SHOWN);
    }
    return names.count;
}

// Somebody who keeps order on the server need not be here to be meant.
static size_t add_spared(struct session *session, const struct ban *ban, struct text mask,
                         struct buf *out)
{
    size_t count = ban_add_hits(session, ban, mask, BAN_SPARES, out);
    struct text person = mask_is_for_speech(mask) ? text_skip(mask, 3) : mask;
    const struct account *account =
        text_starts(person, TEXT("~a:"))
            ? account_find(&session->core->accounts, text_skip(person, 3))
            : NULL;
    if (count == 0 && account && account_role(account) >= ROLE_MODERATOR) {
        buf_add(out, account->name);
        count++;
    }
    return count;
}

static void say_ban(const struct ban *ban, struct text mask, enum mode_result result,
                    struct buf *out)
{
    if (result == MODE_CHANGED) {
        buf_printf(out, "The %s of ", ban->speech ? "mute" : "ban");
        mask_say(mask, out);
        buf_add(out, TEXT(" was there already, and is now"));
        buf_add(out, ban->for_ms ? TEXT("") : TEXT(" for good"));
    } else {
        buf_add(out, TEXT("You have banned "));
        mask_say(mask, out);
        buf_add(out, TEXT(" from the server"));
    }
    mask_say_term(&(struct rule_mask){.until_ms = ban->for_ms, .why = ban->why}, out);
    buf_add_char(out, '.');
}

static void report(const struct ban *ban, struct text mask, enum mode_result result,
                   struct text hit, struct text spared, struct buf *out)
{
    bool told = ban->room && result == MODE_DONE;
    if (!told) {
        say_ban(ban, mask, result, out);
    }
    if (hit.len) {
        buf_printf(out, " Put out: %.*s.", TEXT_ARG(hit));
    } else if (result == MODE_DONE && !ban->room && !spared.len) {
        buf_add(out, TEXT(" Nobody who is here is put out."));
    }
    if (spared.len) {
        buf_printf(out, "%sNot hit: %.*s, because no %s is for those who keep order%s.",
                   told ? "" : " ", TEXT_ARG(spared), ban->speech ? "mute" : "ban",
                   ban->room ? ", or are exempted" : "");
    }
}

enum mode_result session_ban_report(struct session *session, const struct ban *ban,
                                    enum refusal *why, struct buf *out)
{
    struct buf mask;
    struct buf hit;
    struct buf spared;
    buf_init(&mask, RULE_MASK_BYTES_MAX);
    buf_init(&hit, 8 * 1024);
    buf_init(&spared, 8 * 1024);
    // Those whom it hits are gone afterwards.
    if (ban_mask(session, ban, &mask) == MODE_DONE) {
        if (!ban->room) {
            ban_add_hits(session, ban, buf_text(&mask), BAN_HITS, &hit);
        }
        add_spared(session, ban, buf_text(&mask), &spared);
    }
    enum mode_result result = session_ban(session, ban, why);
    if (result == MODE_DONE || result == MODE_CHANGED) {
        report(ban, buf_text(&mask), result, buf_text(&hit), buf_text(&spared), out);
    }
    buf_finish(&spared);
    buf_finish(&hit);
    buf_finish(&mask);
    return result;
}
