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

static void check_secret(struct text printed, struct text secret)
{
    must(secret.len >= 8 && !memmem(printed.at, printed.len, secret.at, secret.len));
}

// A password may be what stands in the print for other reasons; this one is not.
static bool is_telling(struct text secret)
{
    return text_starts(secret, TEXT("hunter2"));
}

static void check_printed(const struct config *c, struct text printed)
{
    const struct server_info *info = &c->info;
    bool secret = info->password.len > 0;
    if (is_telling(info->password)) {
        check_secret(printed, info->password);
    }
    for (size_t i = 0; i < info->operator_count; i++) {
        secret = true;
        if (is_telling(info->operators[i].password)) {
            check_secret(printed, info->operators[i].password);
        }
    }
    struct config again;
    bool built = build(&again, printed);
    must(built == !secret);
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
