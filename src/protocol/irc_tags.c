#include "protocol/irc_tags.h"

#include "protocol/irc_time.h"

void irc_tag_begin(struct irc_tags *tags, const char *key)
{
    buf_printf(tags->out, "%s%s", tags->any ? ";" : "@", key);
    tags->any = true;
}

void irc_tag_time(struct irc_tags *tags, int64_t wall_ms)
{
    irc_tag_begin(tags, "time=");
    irc_time_add(tags->out, wall_ms);
}

void irc_tags_end(struct irc_tags *tags)
{
    if (tags->any) {
        buf_add_char(tags->out, ' ');
    }
}
