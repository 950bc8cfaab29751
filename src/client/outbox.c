#include "client/outbox.h"

#include "base/must.h"

void outbox_init(struct outbox *o)
{
    *o = (struct outbox){0};
    buf_init(&o->lines, OUTBOX_MAX + OUTBOX_LINE_MAX + 1);
}

void outbox_finish(struct outbox *o)
{
    if (o) {
        buf_finish(&o->lines);
    }
}

static bool fits(const struct outbox *o, size_t len)
{
    return o->lines.len + len + 1 <= OUTBOX_MAX;
}

bool outbox_add(struct outbox *o, struct text line)
{
    must(line.len <= OUTBOX_LINE_MAX);
    if (!fits(o, line.len)) {
        return false;
    }
    outbox_add_last(o, line);
    return true;
}

void outbox_add_last(struct outbox *o, struct text line)
{
    bool added = buf_add(&o->lines, line) && buf_add_char(&o->lines, '\n');
    must(added);
}

bool outbox_has_room(const struct outbox *o)
{
    return fits(o, OUTBOX_LINE_MAX);
}

struct text outbox_rest(const struct outbox *o)
{
    return text_skip(buf_text(&o->lines), o->sent);
}

void outbox_sent(struct outbox *o, size_t count)
{
    must(count <= o->lines.len - o->sent);
    o->sent += count;
    size_t whole = o->sent;
    while (whole > 0 && o->lines.at[whole - 1] != '\n') {
        whole--;
    }
    buf_drop(&o->lines, whole);
    o->sent -= whole;
}

void outbox_restart(struct outbox *o)
{
    o->sent = 0;
}

size_t outbox_count(const struct outbox *o)
{
    size_t count = 0;
    for (size_t i = 0; i < o->lines.len; i++) {
        count += o->lines.at[i] == '\n';
    }
    return count;
}
