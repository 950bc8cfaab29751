#include "client/known_hosts.h"

#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

// What cannot be read holds nothing.
static void file_read(const char *path, struct buf *content)
{
    char block[4096];
    ssize_t got;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (file >= 0 && (got = read(file, block, sizeof block)) > 0 &&
           buf_add(content, (struct text){block, (size_t)got})) {
    }
    if (file >= 0) {
        close(file);
    }
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
    file_read(path, &content);
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

static bool all_written(int file, struct text bytes)
{
    while (bytes.len) {
        ssize_t written = write(file, bytes.at, bytes.len);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes = text_skip(bytes, written > 0 ? (size_t)written : 0);
    }
    return fsync(file) == 0;
}

// The old file is there until the new one is whole.
static int file_write(const char *path, struct text bytes)
{
    struct buf draft;
    buf_init(&draft, 8192);
    buf_printf(&draft, "%s.%ld", path, (long)getpid());
    buf_add_char(&draft, '\0');
    int file = draft.overflow ? -1 : open(draft.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int error = file < 0 || !all_written(file, bytes) ? -errno : 0;
    if (file >= 0) {
        close(file);
    }
    if (error == 0 && rename(draft.at, path) < 0) {
        error = -errno;
    }
    buf_finish(&draft);
    return error;
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
            buf_printf(&fresh, "%.*s\n", TEXT_ARG(line));
        }
    }
    buf_printf(&fresh, "%.*s %s%s\n", TEXT_ARG(where),
               host->known == KNOWN_SIGNED ? "signed" : "sha256 ",
               host->known == KNOWN_SIGNED ? "" : host->fingerprint);
    folders_make(path);
    int error = fresh.overflow ? -EFBIG : file_write(path, buf_text(&fresh));
    buf_finish(&old);
    buf_finish(&fresh);
    return error;
}
