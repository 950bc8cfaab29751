// A configuration file is refused with a sentence, or what it says can be printed and read
// again as the same. No password is printed.
#include "base/must.h"
#include "server/config.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int file = -1;
static char path[64];

static bool build(struct config *c, struct text content)
{
    if (file < 0) {
        file = memfd_create("config", MFD_CLOEXEC);
        must(file >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    must(ftruncate(file, 0) == 0);
    must(pwrite(file, content.at, content.len, 0) == (ssize_t)content.len);
    struct buf why;
    buf_init(&why, 4096);
    bool built = config_build(c, path, NULL, 0, &why);
    must(built == (why.len == 0));
    buf_finish(&why);
    return built;
}

static void check_same(const struct config *a, const struct config *b)
{
    struct buf first, second;
    buf_init(&first, 4 * CONFIG_BYTES_MAX);
    buf_init(&second, 4 * CONFIG_BYTES_MAX);
    for (const struct setting *s = settings; s->name; s++) {
        setting_print(s, a, &first);
        setting_print(s, b, &second);
    }
    must(!first.overflow && text_equal(buf_text(&first), buf_text(&second)));
    buf_finish(&first);
    buf_finish(&second);
}

static void print_one(const struct config *c, const char *name, struct buf *out)
{
    buf_reset(out);
    setting_print(setting_find(text_of(name), false), c, out);
}

static size_t count(struct text t, struct text word)
{
    size_t found = 0;
    for (; t.len >= word.len; t = text_skip(t, 1)) {
        found += text_starts(t, word);
    }
    return found;
}

// Each operator is printed as long as the name is, its escapes and the rest of {"NAME:***"}.
static void check_secrets(const struct config *c)
{
    struct buf out;
    buf_init(&out, 4 * CONFIG_BYTES_MAX);
    print_one(c, "password", &out);
    must(text_equal(buf_text(&out), c->info.password.len ? TEXT("\"***\"") : TEXT("\"\"")));
    print_one(c, "operators", &out);
    size_t len = strlen("{}");
    for (size_t i = 0; i < c->info.operator_count; i++) {
        struct text name = c->info.operators[i].name;
        len += (i ? strlen(", ") : 0) + strlen("\":***\"") + name.len;
        len += count(name, TEXT("\"")) + count(name, TEXT("\\")) + count(name, TEXT("$"));
        must(c->info.operators[i].password.len >= 8);
    }
    must(out.len == len && count(buf_text(&out), TEXT(":***\"")) == c->info.operator_count);
    buf_finish(&out);
}

static void check_printed(const struct config *c, struct text printed)
{
    check_secrets(c);
    struct config again;
    bool built = build(&again, printed);
    must(built == (c->info.password.len == 0 && c->info.operator_count == 0));
    if (built) {
        check_same(c, &again);
        config_finish(&again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct config c;
    if (build(&c, (struct text){(const char *)bytes, len})) {
        struct buf printed;
        buf_init(&printed, 4 * CONFIG_BYTES_MAX);
        config_print(&c, &printed);
        must(!printed.overflow);
        check_printed(&c, buf_text(&printed));
        buf_finish(&printed);
        config_finish(&c);
    }
    return 0;
}
