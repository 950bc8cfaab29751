#include "net/settings.h"

#include "base/must.h"
#include "net/tls.h"
#include "net/trust.h"

struct settings *settings_create(const struct net_config *config)
{
    struct settings *s = mem_alloc(sizeof *s);
    atomic_init(&s->refs, 1);
    s->unlimited = net_trust_copy(config->unlimited);
    s->proxy_from = net_trust_copy(config->proxy_from);
    s->web_origins = config->web_origins ? text_copy(text_of(config->web_origins)) : NULL;
    s->config = *config;
    s->config.unlimited = s->unlimited;
    s->config.proxy_from = s->proxy_from;
    s->config.web_origins = s->web_origins;
    tls_context_ref(s->config.tls);
    return s;
}

struct settings *settings_ref(struct settings *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void settings_unref(struct settings *s)
{
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        net_trust_destroy(s->unlimited);
        net_trust_destroy(s->proxy_from);
        free(s->web_origins);
        tls_context_unref(s->config.tls);
        free(s);
    }
}
