// LIST, with the conditions of ELIST: C, M, N, T and U.
#include "chat/mask.h"
#include "chat/name.h"
#include "chat/reading.h"
#include "chat/rights.h"
#include "protocol/irc_channel.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum {
    PART_BYTES = 16 * 1024,
    SCAN_MAX = 5000, // rooms looked at before others have their turn
    NUMBER_MAX = 1000 * 1000 * 1000,
};

// All that is asked for is folded as names are: "<5", ">5", and with c or t before it minutes
// since the creation or the topic.
static bool is_comparison(struct text item)
{
    size_t sign = item.at[0] == 'c' || item.at[0] == 't' ? 1 : 0;
    return item.len > sign && (item.at[sign] == '<' || item.at[sign] == '>');
}

static bool compares(struct text item, int64_t value)
{
    bool below = item.at[0] == '<';
    uint64_t limit;
    if (!text_number(text_skip(item, 1), NUMBER_MAX, &limit)) {
        return false;
    }
    return below ? value < (int64_t)limit : value > (int64_t)limit;
}

// The same of an age in minutes, of which only whole ones can be given.
static bool compares_age(const struct session *session, struct text item, int64_t since_ms)
{
    int64_t age_ms = session_now(session).wall_ms - since_ms;
    uint64_t minutes;
    if (since_ms == 0 || !text_number(text_skip(item, 1), NUMBER_MAX, &minutes)) {
        return false;
    }
    int64_t limit_ms = (int64_t)minutes * 60000;
    return item.at[0] == '<' ? age_ms < limit_ms : age_ms > limit_ms;
}

static bool meets(const struct session *session, struct text item, const struct room *room)
{
    switch (item.at[0]) {
    case 'c':
        return compares_age(session, text_skip(item, 1), room->rules ? room->rules->created_ms : 0);
    case 't':
        return compares_age(session, text_skip(item, 1), room->topic.len ? room->topic_ms : 0);
    default:
        return compares(item, (int64_t)room->member_count);
    }
}

// All conditions must be met, and of names and masks, if there are any, one.
static bool is_wanted(const struct session *session, struct text items, const struct room *room)
{
    bool named = false;
    bool fits = false;
    while (items.len) {
        struct text item = irc_next_target(&items);
        if (item.len == 0) {
            continue;
        }
        if (is_comparison(item)) {
            if (!meets(session, item, room)) {
                return false;
            }
        } else if (item.at[0] == '!') {
            if (mask_matches(text_skip(item, 1), room->key)) {
                return false;
            }
        } else {
            named = true;
            fits = fits || mask_matches(item, room->key);
        }
    }
    return fits || !named;
}

static bool list_channels(struct session *session, struct text items, struct buf *from,
                          struct buf *out)
{
    struct irc_answer *answer = &irc_of(session)->answer;
    struct room *room = session_resume_rooms(session, buf_text(from));
    for (size_t i = 0; room && i < SCAN_MAX && answer->lines.len < PART_BYTES; i++) {
        if (room->member_count && rights_see(session, room) && is_wanted(session, items, room)) {
            irc_numeric(session, 322, "%.*s %zu :%.*s", TEXT_ARG(room->shown), room->member_count,
                        TEXT_ARG(room->topic));
        }
        room = session_next_room(session, room);
    }
    if (room) {
        room_stand(room, from);
        irc_answer_part(session, out, false);
        return true;
    }
    irc_numeric(session, 323, ":End of /LIST");
    return false;
}

void irc_command_list(struct session *session, const struct irc_message *message)
{
    // Both parameters are lists; what an item is shows by how it begins.
    struct buf items;
    buf_init(&items, 4096);
    for (size_t i = 0; i < message->param_count && i < 2; i++) {
        buf_printf(&items, "%s%.*s", i ? "," : "", TEXT_ARG(message->param[i]));
    }
    struct buf folded;
    buf_init(&folded, NAME_KEY_MAX);
    bool fits = name_fold(buf_text(&items), &folded);
    irc_numeric(session, 321, "Channel :Users  Name");
    session_list(session, list_channels, buf_text(fits ? &folded : &items));
    buf_finish(&folded);
    buf_finish(&items);
}
