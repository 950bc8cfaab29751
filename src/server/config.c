#include "server/config.h"

#include "base/data_folder.h"
#include "base/must.h"
#include "server/config_file.h"
#include "server/info.h"

#include <unistd.h>

void list_add(struct list *list, struct text item)
{
    list->at = mem_grow(list->at, (list->count + 1) * sizeof *list->at);
    list->at[list->count++] = text_copy(item);
}

void list_finish(struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->at[i]);
    }
    free(list->at);
    *list = (struct list){0};
}

bool list_equal(const struct list *a, const struct list *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++) {
        equal = strcmp(a->at[i], b->at[i]) == 0;
    }
    return equal;
}

static uint32_t io_threads_standard(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores <= 2 ? 1 : cores > 8 ? 8 : (uint32_t)(cores - 1);
}

static void config_init(struct config *c)
{
    *c = (struct config){.data = data_folder_standard(),
                         .io_threads = io_threads_standard(),
                         .flood.profiles = flood_profiles_built_in};
    struct buf why;
    buf_init(&why, 1024);
    for (const struct setting *s = settings; s->name; s++) {
        must(!s->standard || setting_put(s, c, text_of(s->standard), &why));
    }
    buf_finish(&why);
}

void config_finish(struct config *c)
{
    free(c->file);
    free(c->name);
    free(c->description);
    free(c->network);
    free(c->motd.path);
    free(c->motd.lines);
    list_finish(&c->admin);
    free(c->password);
    list_finish(&c->operators);
    info_finish(&c->info);
    free(c->data);
    list_finish(&c->listen);
    list_finish(&c->no_limits_for);
    list_finish(&c->proxy_from);
    list_finish(&c->web_origins);
    free(c->tls.certificate);
    free(c->tls.key);
    free(c->flood.standard);
    *c = (struct config){0};
}

// What options say of listeners replaces all that the file says of them, so that --port
// helps against a port in use wherever that stands.
static void listeners_forget(struct config *c)
{
    const struct setting *listen = setting_find(TEXT("listen"), false);
    const struct setting *port = setting_find(TEXT("port"), false);
    list_finish(&c->listen);
    struct buf why;
    buf_init(&why, 256);
    must(setting_put(port, c, text_of(port->standard), &why));
    buf_finish(&why);
    c->origins[setting_index(listen)] = (struct origin){0};
    c->origins[setting_index(port)] = (struct origin){0};
}

static bool is_about_listeners(const struct setting *s)
{
    return s->offset == offsetof(struct config, listen) ||
           s->offset == offsetof(struct config, port);
}

static void options_make_room(struct config *c, const struct given *given, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct setting *s = given[i].setting;
        if (is_about_listeners(s)) {
            listeners_forget(c);
        } else if (s->type == SETTING_LIST) {
            list_finish((struct list *)(void *)((char *)c + s->offset));
        }
    }
}

static bool options_put(struct config *c, const struct given *given, size_t count, struct buf *why)
{
    options_make_room(c, given, count);
    for (size_t i = 0; i < count; i++) {
        const struct setting *s = given[i].setting;
        if (!setting_put(s, c, text_of(given[i].value), why)) {
            return false;
        }
        c->origins[setting_index(s)] = (struct origin){.kind = ORIGIN_OPTION};
    }
    return true;
}

// Settings of which the first may not be above the second.
static const struct {
    const char *low;
    const char *high;
} pairs[] = {
    {"message_bytes", "line_bytes"},
    {"line_bytes", "endless_bytes"},
    {"undecided_bytes", "opening_bytes"},
};

static uint32_t number_of(const struct config *c, const struct setting *s)
{
    return *(const uint32_t *)(const void *)((const char *)c + s->offset);
}

static bool pairs_fit(struct config *c, struct buf *why)
{
    bool fit = true;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct setting *low = setting_find(text_of(pairs[i].low), false);
        const struct setting *high = setting_find(text_of(pairs[i].high), false);
        if (number_of(c, low) <= number_of(c, high)) {
            continue;
        }
        struct origin a = c->origins[setting_index(low)];
        struct origin b = c->origins[setting_index(high)];
        buf_printf(why, "%s%s:%d: %s (%u) may not be above %s (%u): set both.", fit ? "" : "\n",
                   c->file, a.line > b.line ? a.line : b.line, low->name, number_of(c, low),
                   high->name, number_of(c, high));
        fit = false;
    }
    return fit;
}

static bool tls_fits(struct config *c, struct buf *why)
{
    if (!c->tls.certificate != !c->tls.key) {
        buf_printf(why, "%s is set without %s: a certificate needs its key.",
                   c->tls.key ? "tls_key" : "tls_certificate",
                   c->tls.key ? "tls_certificate" : "tls_key");
        return false;
    }
    if (c->tls.sts_port && !c->tls.certificate) {
        buf_add(why, TEXT("sts_port is set without tls_certificate: clients would refuse the "
                          "server's own certificate and lock themselves out."));
        return false;
    }
    return true;
}

// What does not fit together is looked at once each is right for itself.
static bool all_fit(struct config *c, struct buf *why)
{
    static bool (*const fits[])(struct config *, struct buf *) = {pairs_fit, flood_setting_fits,
                                                                  tls_fits, info_build};
    bool all = true;
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
        size_t before = why->len;
        buf_add(why, all ? TEXT("") : TEXT("\n"));
        if (fits[i](c, why)) {
            why->len = before;
        } else {
            all = false;
        }
    }
    return all;
}

bool config_build(struct config *c, const char *file, const struct given *given, size_t given_count,
                  struct buf *why)
{
    config_init(c);
    c->file = file ? text_copy(text_of(file)) : NULL;
    bool built = (!file || config_file_read(c, file, why)) &&
                 options_put(c, given, given_count, why) && all_fit(c, why);
    if (!built) {
        config_finish(c);
    }
    return built;
}

struct list config_listeners(const struct config *c, bool *defaults)
{
    struct list all = {0};
    for (size_t i = 0; i < c->listen.count; i++) {
        list_add(&all, text_of(c->listen.at[i]));
    }
    const struct setting *port = setting_find(TEXT("port"), false);
    bool add = !all.count || c->origins[setting_index(port)].kind != ORIGIN_DEFAULT;
    static const char *const hosts[] = {"0.0.0.0", "[::]"};
    for (size_t i = 0; add && i < sizeof hosts / sizeof *hosts; i++) {
        char uri[64];
        int len = snprintf(uri, sizeof uri, "any://%s:%u", hosts[i], c->port);
        list_add(&all, (struct text){uri, (size_t)len});
    }
    if (defaults) {
        *defaults = add;
    }
    return all;
}

void config_print(const struct config *c, struct buf *out)
{
    for (const struct setting *s = settings; s->name; s++) {
        size_t start = out->len;
        buf_printf(out, "%s%s = ", setting_is_unset(s, c) ? "# " : "", s->name);
        setting_print(s, c, out);
        size_t width = out->len - start;
        buf_printf(out, "%*s  # ", width < 40 ? (int)(40 - width) : 0, "");
        struct origin origin = c->origins[setting_index(s)];
        if (origin.kind == ORIGIN_FILE) {
            buf_printf(out, "%s:%d\n", c->file, origin.line);
        } else {
            buf_printf(out, "%s\n", origin.kind == ORIGIN_OPTION ? "option" : "default");
        }
    }
    flood_setting_print(c, out);
}
