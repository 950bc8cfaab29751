#include "client/known_hosts.h"

#include "base/file.h"
#include "base/must.h"

#include <errno.h>
#include <sys/stat.h>

enum { FILE_MAX = 4 * 1024 * 1024, FINGERPRINT_LEN = 64 };

bool known_hosts_path(struct buf *path)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state && *state == '/') {
        return buf_printf(path, "%s/hobnob/known_hosts", state);
    }
    return home && *home == '/' && buf_printf(path, "%s/.local/state/hobnob/known_hosts", home);
}

static struct text line_take(struct text *rest)
{
    struct text line = text_head(*rest, text_find(*rest, '\n'));
    *rest = text_skip(*rest, line.len + 1);
    return line;
}

static bool is_fingerprint(struct text t)
{
    size_t i = 0;
    while (i < t.len && memchr("0123456789abcdef", t.at[i], 16)) {
        i++;
    }
    return i == FINGERPRINT_LEN && i == t.len;
}

// KNOWN_NOT where the line is of another server, or not understood.
static struct known_host host_of(struct text line, struct text where)
{
    struct known_host host = {.known = KNOWN_NOT};
    struct text rest = text_trim(line);
    if (!text_equal_nocase(text_word(&rest), where)) {
        return host;
    }
    struct text how = text_word(&rest);
    struct text fingerprint = text_word(&rest);
    if (text_equal(how, TEXT("signed"))) {
        host.known = KNOWN_SIGNED;
    } else if (text_equal(how, TEXT("sha256")) && is_fingerprint(fingerprint)) {
        host.known = KNOWN_PRINT;
        memcpy(host.fingerprint, fingerprint.at, fingerprint.len);
    }
    return host;
}

struct known_host known_hosts_find(const char *path, struct text where)
{
    struct known_host found = {.known = KNOWN_NOT};
    struct buf content;
    buf_init(&content, FILE_MAX);
    file_read(path, &content); // what cannot be read holds nothing
    for (struct text rest = buf_text(&content); rest.len;) {
        struct known_host host = host_of(line_take(&rest), where);
        found = host.known == KNOWN_NOT ? found : host;
    }
    buf_finish(&content);
    return found;
}

static void folders_make(const char *path)
{
    char *folder = text_copy(text_of(path));
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0700); // a failure shows when the file is opened
        *slash = '/';
    }
    free(folder);
}

int known_hosts_put(const char *path, struct text where, const struct known_host *host)
{
    struct buf old, fresh;
    buf_init(&old, FILE_MAX);
    buf_init(&fresh, FILE_MAX + 1024);
    file_read(path, &old);
    for (struct text rest = buf_text(&old); rest.len;) {
        struct text line = line_take(&rest);
        if (host_of(line, where).known == KNOWN_NOT) {
            buf_add(&fresh, line); // it may hold NULs
            buf_add_char(&fresh, '\n');
        }
    }
    buf_printf(&fresh, "%.*s %s%s\n", TEXT_ARG(where),
               host->known == KNOWN_SIGNED ? "signed" : "sha256 ",
               host->known == KNOWN_SIGNED ? "" : host->fingerprint);
    folders_make(path);
    int error = fresh.overflow ? -EFBIG : file_replace(path, buf_text(&fresh));
    buf_finish(&old);
    buf_finish(&fresh);
    return error;
}
