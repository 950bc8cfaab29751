#include "protocol/irc_time.h"

#include <time.h>

void irc_time_add(struct buf *out, int64_t wall_ms)
{
    int64_t ms = ((wall_ms % 1000) + 1000) % 1000;
    time_t seconds = (time_t)((wall_ms - ms) / 1000);
    struct tm utc = {0};
    gmtime_r(&seconds, &utc);
    char stamp[64];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    buf_printf(out, "%s.%03dZ", stamp, (int)ms);
}

// Takes `digits` digits and the byte behind them.
static bool take(struct text *text, size_t digits, char end, int most, int *number)
{
    uint64_t value;
    if (text->len <= digits || text->at[digits] != end ||
        !text_number(text_head(*text, digits), (uint64_t)most, &value)) {
        return false;
    }
    *number = (int)value;
    *text = text_skip(*text, digits + 1);
    return true;
}

bool irc_time_parse(struct text text, int64_t *wall_ms)
{
    struct tm utc = {0};
    int ms = 0;
    if (!take(&text, 4, '-', 9998, &utc.tm_year) || !take(&text, 2, '-', 12, &utc.tm_mon) ||
        !take(&text, 2, 'T', 31, &utc.tm_mday) || !take(&text, 2, ':', 23, &utc.tm_hour) ||
        !take(&text, 2, ':', 59, &utc.tm_min)) {
        return false;
    }
    bool whole = take(&text, 2, 'Z', 60, &utc.tm_sec);
    if (!whole && (!take(&text, 2, '.', 60, &utc.tm_sec) || !take(&text, 3, 'Z', 999, &ms))) {
        return false;
    }
    if (text.len || utc.tm_year < 1970 || utc.tm_mon < 1 || utc.tm_mday < 1) {
        return false;
    }
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    *wall_ms = (int64_t)timegm(&utc) * 1000 + ms;
    return true;
}
