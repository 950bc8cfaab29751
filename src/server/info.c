#include "server/info.h"

#include "base/must.h"

static struct text lines_join(const struct list *lines)
{
    struct buf joined;
    buf_init(&joined, CONFIG_BYTES_MAX);
    for (size_t i = 0; i < lines->count; i++) {
        buf_add(&joined, text_of(lines->at[i]));
        buf_add_char(&joined, '\n');
    }
    must(!joined.overflow);
    struct text own = text_own(buf_text(&joined));
    buf_finish(&joined);
    return own;
}

static struct operator_account account_of(const char *value)
{
    struct text whole = text_of(value);
    struct text name = text_head(whole, text_find(whole, ':'));
    return (struct operator_account){name, text_skip(whole, name.len + 1)};
}

static bool is_new(const struct operator_account *accounts, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(accounts[i].name, name)) {
            return false;
        }
    }
    return true;
}

static bool operators_take(struct config *c, struct operator_account *accounts, struct buf *why)
{
    for (size_t i = 0; i < c->operators.count; i++) {
        accounts[i] = account_of(c->operators.at[i]);
        if (!is_new(accounts, i, accounts[i].name)) {
            struct origin origin =
                c->origins[setting_index(setting_find(TEXT("operators"), false))];
            buf_printf(why, "%s:%d: operators has %.*s twice. Keep one of them.", c->file,
                       origin.line, TEXT_ARG(accounts[i].name));
            return false;
        }
    }
    return true;
}

bool info_build(struct config *c, struct buf *why)
{
    struct operator_account *accounts = mem_array(c->operators.count + 1, sizeof *accounts);
    c->info = (struct server_info){
        .network = text_of(c->network ? c->network : c->name),
        .description = text_of(c->description),
        .motd = text_of(c->motd.lines),
        .admin = lines_join(&c->admin),
        .password = text_of(c->password),
        .sts = {c->tls.sts_port, c->tls.sts_duration_s},
        .operators = accounts,
        .operator_count = c->operators.count,
    };
    return operators_take(c, accounts, why);
}

void info_finish(struct server_info *info)
{
    text_disown(info->admin);
    free((struct operator_account *)info->operators);
    *info = (struct server_info){0};
}
