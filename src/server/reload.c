// SIGHUP: the configuration is read again.
#include "server/applying.h"
#include "server/securing.h"

// Says which changes wait for the next start.
static void restarts_say(struct server *s, const struct config *fresh)
{
    struct buf before, after;
    buf_init(&before, 65536);
    buf_init(&after, 65536);
    for (const struct setting *row = settings; row->name; row++) {
        buf_reset(&before);
        buf_reset(&after);
        setting_print(row, &s->started, &before);
        setting_print(row, fresh, &after);
        if ((row->use & SETTING_RESTART) && !text_equal(buf_text(&before), buf_text(&after))) {
            console_note(s->console, LOG_WARN, "reload_waits",
                         "%s stays as it is until the server is started again.", row->name);
        }
    }
    buf_finish(&before);
    buf_finish(&after);
}

static void apply(struct server *s)
{
    securing_reload(s);
    struct core_config core = applying_core(s);
    core_configure(s->core, &core);
    applying_floods(s);
    struct net_config net = applying_net(s, &s->config);
    net.io_threads = s->started.io_threads;
    net_configure(s->net, &net);
    applying_net_finish(&net);
    applying_log(s->options, &s->config);
    console_mode_set(s->console, console_mode_choose(s->config.console));
}

// Of several sentences the log has each, and who asks for it the first one.
static void refuse(struct server *s, struct text why, struct buf *said)
{
    size_t end = text_find(why, '\n');
    struct text first = text_head(why, end);
    buf_printf(said, "The configuration stays as it was. %.*s%s", TEXT_ARG(text_head(first, 700)),
               end < why.len ? " The log says what else is wrong." : "");
    console_note(s->console, LOG_ERROR, "reload_failed", "The configuration stays as it was. %.*s",
                 TEXT_ARG(first));
    while (end < why.len) {
        why = text_skip(why, end + 1);
        end = text_find(why, '\n');
        console_note(s->console, LOG_ERROR, "reload_failed", "%.*s", TEXT_ARG(text_head(why, end)));
    }
}

bool server_reload(struct server *s, struct buf *said)
{
    const struct options *o = s->options;
    if (!o->config_file) {
        buf_add(said, TEXT("There is no configuration file to read again: this server was started "
                           "without one. Start it with hobnobd --config FILE to have one."));
        struct text whole = buf_text(said);
        console_note(s->console, LOG_WARN, "reload_nothing", "%.*s", TEXT_ARG(whole));
        return false;
    }
    struct config fresh;
    struct buf why;
    buf_init(&why, CONFIG_WHY_MAX);
    bool built = config_build(&fresh, o->config_file, o->given, o->given_count, &why);
    if (built) {
        restarts_say(s, &fresh);
        struct config old = s->config;
        s->config = fresh;
        apply(s);
        config_finish(&old);
        buf_add(said, TEXT("The configuration has been read again."));
        console_note(s->console, LOG_INFO, "reloaded", "The configuration has been read again.");
    } else {
        refuse(s, buf_text(&why), said);
    }
    buf_finish(&why);
    return built;
}
