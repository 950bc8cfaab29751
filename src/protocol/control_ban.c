#include "protocol/control_ban.h"

#include "base/utf8.h"
#include "chat/ban_report.h"
#include "chat/reading.h"
#include "chat/session.h"

static json_t *ban_row(const struct rule_mask *ban)
{
    return json_pack("{sosososIsI}", "mask", control_text(ban->mask), "by", control_text(ban->by),
                     "reason", control_text(ban->why), "set_ms", (json_int_t)ban->set_ms,
                     "until_ms", (json_int_t)ban->until_ms);
}

// `from` is how many have been listed.
static bool bans_part(struct session *session, struct text subject, struct buf *from,
                      struct buf *out)
{
    (void)subject;
    const struct rule_list *bans = server_bans(session->core);
    uint64_t i = 0;
    text_number(buf_text(from), UINT64_MAX, &i);
    while (i < bans->count && out->len < CONTROL_PART_BYTES) {
        control_row_add(ban_row(&bans->at[i++]), out);
    }
    buf_reset(from);
    buf_printf(from, "%llu", (unsigned long long)i);
    return i < bans->count;
}

void control_run_bans(struct session *session, const json_t *request)
{
    (void)request;
    session_list(session, bans_part, TEXT(""));
}

static void answer(struct session *session, enum mode_result result, const char *if_same,
                   struct text done)
{
    if (result == MODE_DONE || result == MODE_CHANGED) {
        control_succeed_saying(session, done);
    } else if (result == MODE_SAME) {
        control_fail(session, "%s", if_same);
    } else {
        control_fail(session, "That cannot be done: %s.", mode_result_text(result));
    }
}

static void make(struct session *session, const struct ban *ban)
{
    enum refusal why;
    struct buf words;
    buf_init(&words, 32 * 1024);
    enum mode_result result = session_ban_report(session, ban, &why, &words);
    answer(session, result, "That ban is there already.", buf_text(&words));
    buf_finish(&words);
}

void control_run_ban(struct session *session, const json_t *request)
{
    struct ban ban = {.who = control_parameter(request, "user"),
                      .why = control_parameter(request, "reason")};
    struct text time = control_parameter(request, "time");
    if (ban.who.len == 0 || !control_line_is_text(ban.who) || !control_line_is_text(ban.why)) {
        control_fail(session, "Say whom, and why, on one line without control characters.");
    } else if (time.len && !ban_time(time, &ban.for_ms)) {
        control_fail(session, "A time is like 90s, 10m, 2h, 7d or 4w.");
    } else {
        make(session, &ban);
    }
}

void control_run_unban(struct session *session, const json_t *request)
{
    struct ban ban = {.who = control_parameter(request, "user")};
    enum refusal why;
    struct buf words;
    buf_init(&words, 1024);
    buf_printf(&words, "%.*s is not banned from the server any more.", TEXT_ARG(ban.who));
    answer(session, session_unban(session, &ban, &why), "There is no such ban.", buf_text(&words));
    buf_finish(&words);
}
