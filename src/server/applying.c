#include "server/applying.h"

#include "base/must.h"
#include "server/core_thread.h"
#include "server/credential.h"
#include "server/farewell.h"
#include "server/wiring.h"

struct core_config applying_core(const struct server *s)
{
    struct core_config core = {.server_name = s->config.name,
                               .info = s->config.info,
                               .limits = s->config.limits,
                               .floods = s->config.flood.profiles,
                               .access = s->config.access};
    core.info.started = s->began;
    return core;
}

uint32_t applying_served(const struct config *c)
{
    // These ask for the password; administrators have another way to show who they are.
    uint32_t asking = 1u << WIRE_IRC | 1u << WIRE_PLAIN | 1u << WIRE_CONTROL;
    return c->password ? wiring_served() & asking : wiring_served();
}

static struct net_trust *trust_of(const struct list *addresses)
{
    struct net_trust *trust = net_trust_create();
    for (size_t i = 0; i < addresses->count; i++) {
        must(net_trust_add(trust, text_of(addresses->at[i])));
    }
    return trust;
}

// In one text, as the net wants them; NULL: none.
static char *joined(const struct list *words)
{
    struct buf all;
    buf_init(&all, SIZE_MAX / 4);
    for (size_t i = 0; i < words->count; i++) {
        must(buf_printf(&all, i ? " %s" : "%s", words->at[i]));
    }
    char *text = words->count ? text_copy(buf_text(&all)) : NULL;
    buf_finish(&all);
    return text;
}

struct net_config applying_net(struct server *s, const struct config *c)
{
    return (struct net_config){
        .io_threads = c->io_threads,
        .limits = c->net,
        .unlimited = trust_of(&c->no_limits_for),
        .proxy_from = trust_of(&c->proxy_from),
        .web_origins = joined(&c->web_origins),
        .farewell = farewell_write,
        .served = applying_served(c),
        .tls = s->securing.credential ? credential_tls(s->securing.credential) : NULL,
        .wake = core_thread_wake,
        .wake_context = s->thread,
    };
}

void applying_net_finish(struct net_config *n)
{
    net_trust_destroy((struct net_trust *)n->unlimited);
    net_trust_destroy((struct net_trust *)n->proxy_from);
    free((char *)n->web_origins);
}

static void lost_flood_say(void *context, struct text profile, size_t rooms, struct text room)
{
    const struct server *s = context;
    console_note(s->console, LOG_WARN, "flood_profile_lost",
                 "There is no flood_profile \"%.*s\" in the configuration, but %zu room%s it, such "
                 "as %.*s: there the setting flood (%s) holds.",
                 TEXT_ARG(profile), rooms, rooms == 1 ? " names" : "s name", TEXT_ARG(room),
                 s->config.flood.standard);
}

void applying_floods(const struct server *s)
{
    core_each_lost_flood(s->core, lost_flood_say, (void *)(uintptr_t)s);
}

void applying_log(const struct options *options, const struct config *c)
{
    log_level_set(options->verbose ? LOG_DEBUG : c->console == CONSOLE_QUIET ? LOG_WARN : LOG_INFO);
}
