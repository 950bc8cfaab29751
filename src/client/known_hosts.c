#include "client/known_hosts.h"

#include "client/state_file.h"

#include <errno.h>

enum { FILE_MAX = 4 * 1024 * 1024, FINGERPRINT_LEN = 64 };

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
    state_file_read(path, &content);
    for (struct text rest = buf_text(&content); rest.len;) {
        struct known_host host = host_of(state_file_line(&rest), where);
        found = host.known == KNOWN_NOT ? found : host;
    }
    buf_finish(&content);
    return found;
}

int known_hosts_put(const char *path, struct text where, const struct known_host *host)
{
    struct buf old, fresh;
    buf_init(&old, FILE_MAX);
    buf_init(&fresh, FILE_MAX + 1024);
    state_file_read(path, &old);
    for (struct text rest = buf_text(&old); rest.len;) {
        struct text line = state_file_line(&rest);
        if (host_of(line, where).known == KNOWN_NOT) {
            buf_add(&fresh, line); // it may hold NULs
            buf_add_char(&fresh, '\n');
        }
    }
    buf_printf(&fresh, "%.*s %s%s\n", TEXT_ARG(where),
               host->known == KNOWN_SIGNED ? "signed" : "sha256 ",
               host->known == KNOWN_SIGNED ? "" : host->fingerprint);
    int error = fresh.overflow ? -EFBIG : state_file_write(path, buf_text(&fresh));
    buf_finish(&old);
    buf_finish(&fresh);
    return error;
}
