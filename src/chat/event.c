#include "chat/event.h"

struct actor actor_own(const struct actor *actor)
{
    return (struct actor){
        .name = text_own(actor->name),
        .login = text_own(actor->login),
        .account = text_own(actor->account),
        .real_name = text_own(actor->real_name),
        .away = text_own(actor->away),
        .cloak = actor->cloak,
        .address = actor->address,
    };
}

void actor_disown(struct actor *actor)
{
    text_disown(actor->name);
    text_disown(actor->login);
    text_disown(actor->account);
    text_disown(actor->real_name);
    text_disown(actor->away);
}

void actor_add_mask(struct buf *out, const struct actor *actor)
{
    buf_printf(out, "%.*s!", TEXT_ARG(actor->name));
    actor_add_host(out, actor);
}

void actor_add_cloak(struct buf *out, const struct actor *actor)
{
    buf_printf(out, "%016llx.hobnob", (unsigned long long)actor->cloak);
}

void actor_add_host(struct buf *out, const struct actor *actor)
{
    struct text login = actor->login.len ? actor->login : TEXT("guest");
    buf_printf(out, "%.*s@", TEXT_ARG(login));
    actor_add_cloak(out, actor);
}
