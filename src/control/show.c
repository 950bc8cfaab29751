#include "control/show.h"

#include "base/ascii_json.h"
#include "base/must.h"
#include "base/utf8.h"

#include <time.h>

enum { NAME_COLUMN = 20, FROM_COLUMN = 30 };

static json_int_t number(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

static struct text text(const json_t *row, const char *name)
{
    const json_t *value = json_object_get(row, name);
    return (struct text){json_string_value(value), json_string_length(value)};
}

static void visible_add(struct text t, struct buf *out)
{
    utf8_add_visible(out, t, false);
}

// Pads what was added since `from` to `width`; what is longer pushes the rest away.
static void pad(size_t from, size_t width, struct buf *out)
{
    size_t shown = utf8_graphemes((struct text){out->at + from, out->len - from});
    do {
        buf_add_char(out, ' ');
    } while (++shown < width);
}

// "4.1 MB"
static void show_bytes(json_int_t bytes, struct buf *out)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1000 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    buf_printf(out, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

// "1 message"
static void count_add(json_int_t messages, struct buf *out)
{
    buf_printf(out, "%lld message%s", (long long)messages, messages == 1 ? "" : "s");
}

static void span_add(json_int_t seconds, struct buf *out)
{
    if (seconds >= 86400) {
        buf_printf(out, "%lld d ", (long long)seconds / 86400);
    }
    if (seconds >= 3600) {
        buf_printf(out, "%lld h ", (long long)seconds / 3600 % 24);
    }
    buf_printf(out, seconds < 60 ? "%lld s" : "%lld min",
               (long long)(seconds < 60 ? seconds : seconds / 60 % 60));
}

static void time_add(json_int_t wall_ms, struct buf *out)
{
    char shown[64] = "";
    struct tm parts;
    time_t seconds = (time_t)(wall_ms / 1000);
    if (localtime_r(&seconds, &parts)) {
        strftime(shown, sizeof shown, "%Y-%m-%d %H:%M", &parts);
    }
    buf_add(out, text_of(shown));
}

static void label_add(const char *label, struct buf *out)
{
    buf_printf(out, "%-14s", label);
}

// The core's own object, and then the one about the process.
static void show_core(const json_t *row, struct buf *out)
{
    struct text name = text(row, "name");
    struct text version = text(row, "version");
    label_add("server", out);
    visible_add(name, out);
    buf_printf(out, ", hobnobd %.*s\n", TEXT_ARG(version));
    label_add("people", out);
    buf_printf(out, "%lld (at most there were %lld)\n", (long long)number(row, "users"),
               (long long)number(row, "users_most"));
    label_add("rooms", out);
    buf_printf(out, "%lld\n", (long long)number(row, "rooms"));
}

static void show_store(const json_t *row, struct buf *out)
{
    label_add("data folder", out);
    visible_add(text(row, "data"), out);
    buf_add_char(out, '\n');
    label_add("database", out);
    show_bytes(number(row, "database_bytes"), out);
    buf_add(out, TEXT(", log "));
    show_bytes(number(row, "log_bytes"), out);
    buf_add(out, TEXT(", free on that disk "));
    show_bytes(number(row, "free_bytes"), out);
    buf_add_char(out, '\n');
    label_add("kept", out);
    buf_printf(out, "%lld messages in %lld commits since the start; %lld not indexed yet\n",
               (long long)number(row, "committed"), (long long)number(row, "commits"),
               (long long)number(row, "not_indexed"));
}

// By its fingerprint, which clients show.
static void show_certificate(const json_t *row, struct buf *out)
{
    label_add("certificate", out);
    buf_add(out, TEXT("good until "));
    time_add(number(row, "certificate_expires_s") * 1000, out);
    buf_add(out, TEXT(", SHA-256 "));
    visible_add(text(row, "certificate"), out);
    buf_add_char(out, '\n');
}

static void show_process(const json_t *row, struct buf *out)
{
    label_add("running", out);
    span_add(number(row, "uptime_s"), out);
    buf_printf(out, ", process %lld, ", (long long)number(row, "process"));
    show_bytes(number(row, "memory_bytes"), out);
    buf_add(out, TEXT(" of memory\n"));
    label_add("connections", out);
    buf_printf(out, "%lld (since the start %lld, and %lld refused)\n",
               (long long)number(row, "connections"), (long long)number(row, "accepted"),
               (long long)number(row, "refused"));
    if (number(row, "not_kept")) {
        label_add("NOT KEPT", out);
        buf_printf(out, "%lld messages since the start: see the log\n",
                   (long long)number(row, "not_kept"));
    }
    if (json_object_get(row, "certificate")) {
        show_certificate(row, out);
    }
    if (json_object_get(row, "data")) {
        show_store(row, out);
    }
}

void show_status(const json_t *row, struct buf *out)
{
    if (json_object_get(row, "version")) {
        show_core(row, out);
    } else {
        show_process(row, out);
    }
}

static void session_add(const json_t *session, struct buf *out)
{
    struct text address = text(session, "address");
    visible_add(address, out);
    if (number(session, "port")) {
        buf_printf(out, ":%lld", (long long)number(session, "port"));
    }
    buf_printf(out, " %.*s%s", TEXT_ARG(text(session, "protocol")),
               json_is_true(json_object_get(session, "secure")) ? "+tls" : "");
}

// Alice   since 2026-01-01 14:30, idle 5 min, 127.0.0.1:50003 plain: #lobby #dev
void show_user(const json_t *row, struct buf *out)
{
    size_t i;
    const json_t *item;
    size_t from = out->len;
    visible_add(text(row, "name"), out);
    pad(from, NAME_COLUMN, out);
    buf_add(out, TEXT("since "));
    time_add(number(row, "since_ms"), out);
    buf_add(out, TEXT(", idle "));
    span_add(number(row, "idle_s"), out);
    json_array_foreach(json_object_get(row, "sessions"), i, item)
    {
        buf_add(out, TEXT(", "));
        session_add(item, out);
    }
    if (text(row, "account").len) {
        buf_add(out, TEXT(", account "));
        visible_add(text(row, "account"), out);
    }
    if (json_is_true(json_object_get(row, "operator"))) {
        buf_add(out, TEXT(", operator"));
    }
    buf_add_char(out, ':');
    json_array_foreach(json_object_get(row, "rooms"), i, item)
    {
        buf_add_char(out, ' ');
        visible_add((struct text){json_string_value(item), json_string_length(item)}, out);
    }
    if (text(row, "away").len) {
        buf_add(out, TEXT(" (away: "));
        visible_add(text(row, "away"), out);
        buf_add_char(out, ')');
    }
    buf_add_char(out, '\n');
}

void show_room(const json_t *row, struct buf *out)
{
    size_t from = out->len;
    visible_add(text(row, "name"), out);
    pad(from, NAME_COLUMN, out);
    from = out->len;
    buf_printf(out, "%lld here, ", (long long)number(row, "members"));
    count_add(number(row, "messages"), out);
    if (text(row, "topic").len) {
        pad(from, FROM_COLUMN, out);
        visible_add(text(row, "topic"), out);
    }
    buf_add_char(out, '\n');
}

void show_account(const json_t *row, struct buf *out)
{
    size_t from = out->len;
    visible_add(text(row, "name"), out);
    pad(from, NAME_COLUMN, out);
    buf_printf(out, "%.*s, since ", TEXT_ARG(text(row, "role")));
    time_add(number(row, "created_ms"), out);
    if (text(row, "email").len) {
        buf_add(out, TEXT(", "));
        visible_add(text(row, "email"), out);
    }
    if (json_is_true(json_object_get(row, "suspended"))) {
        buf_add(out, TEXT(", suspended"));
    }
    buf_add_char(out, '\n');
}

static void found_add(const json_t *row, struct buf *out)
{
    count_add(number(row, "messages"), out);
    buf_add(out, TEXT(" (in rooms, in private, and of the audit log)"));
    if (number(row, "newest_ms")) {
        buf_add(out, TEXT(", the newest of "));
        time_add(number(row, "newest_ms"), out);
    }
    buf_add(out, TEXT(", "));
    show_bytes(number(row, "bytes"), out);
    buf_add(out, TEXT(" on disk"));
}

void show_backup(const json_t *row, struct buf *out)
{
    buf_add(out, TEXT("The backup is made and checked: "));
    found_add(row, out);
    buf_add(out, TEXT(".\n"));
}

void show_check(const json_t *row, struct buf *out)
{
    buf_add(out, TEXT("It is whole: "));
    found_add(row, out);
    buf_add(out, TEXT(".\n"));
}

void show_restore(const json_t *row, struct buf *out)
{
    buf_add(out, TEXT("The backup is restored: "));
    found_add(row, out);
    buf_add(out, TEXT(".\n"));
    if (text(row, "kept").len) {
        buf_add(out, TEXT("What was there before is now "));
        visible_add(text(row, "kept"), out);
        buf_add(out, TEXT("\n"));
    }
}

// *!*@192.0.2.0/24    by Ann, since 2026-01-01 14:30, until 2026-01-01 16:30: spam
void show_ban(const json_t *row, struct buf *out)
{
    size_t from = out->len;
    visible_add(text(row, "mask"), out);
    pad(from, NAME_COLUMN, out);
    buf_add(out, TEXT("by "));
    visible_add(text(row, "by"), out);
    buf_add(out, TEXT(", since "));
    time_add(number(row, "set_ms"), out);
    if (number(row, "until_ms")) {
        buf_add(out, TEXT(", until "));
        time_add(number(row, "until_ms"), out);
    }
    if (text(row, "reason").len) {
        buf_add(out, TEXT(": "));
        visible_add(text(row, "reason"), out);
    }
    buf_add_char(out, '\n');
}

// 2026-01-01 14:30  Ann has ended Bob's connection
void show_audit(const json_t *row, struct buf *out)
{
    time_add(number(row, "time_ms"), out);
    buf_add(out, TEXT("  "));
    visible_add(text(row, "by"), out);
    buf_add_char(out, ' ');
    visible_add(text(row, "did"), out);
    buf_add_char(out, '\n');
}

void show_json(const json_t *row, struct buf *out)
{
    must(ascii_json_add(row, out));
    buf_add_char(out, '\n');
}
