#include "protocol/plain_rules.h"

#include "chat/rule_words.h"
#include "protocol/plain_render.h"

void plain_add_mask(struct text mask, struct buf *out)
{
    struct buf words;
    buf_init(&words, 2 * RULE_MASK_BYTES_MAX);
    mask_say(mask, &words);
    plain_add_visible(out, buf_text(&words));
    buf_finish(&words);
}

static void add_change(const struct event *event, uint32_t options,
                       const struct mode_change *change, struct buf *out)
{
    struct buf words;
    buf_init(&words, 1024);
    mode_say(change, event->room, &words);
    buf_add(&words, event->target);
    if (words.len) {
        plain_add_stamp(event, options, out);
        buf_printf(out, "[SYSTEM] %.*s ", TEXT_ARG(event->actors[0].name));
        plain_add_visible(out, buf_text(&words));
        buf_add_char(out, '\n');
    }
    buf_finish(&words);
}

static void add_end(const struct event *event, uint32_t options, const struct mode_change *change,
                    struct buf *out)
{
    bool mute = mask_is_for_speech(change->value);
    plain_add_stamp(event, options, out);
    buf_printf(out, "[SYSTEM] The %s of ", mute ? "mute" : "ban");
    plain_add_mask(change->value, out);
    buf_printf(out, " %s %.*s has ended\n", mute ? "in" : "from", TEXT_ARG(event->room));
}

void plain_add_rules(const struct event *event, uint32_t options, struct buf *out)
{
    struct mode_walk walk = mode_walk_begin(event->text);
    struct mode_change change;
    while (mode_walk_next(&walk, &change)) {
        if (event->actor_count) {
            add_change(event, options, &change, out);
        } else if (change.letter == 'b' && !change.on) {
            add_end(event, options, &change, out);
        } // else somebody is in again who has a rank: no news to people
    }
}
