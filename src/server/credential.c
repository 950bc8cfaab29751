#include "server/credential.h"

#include "base/file.h"
#include "base/must.h"
#include "net/certificate.h"
#include "net/tls.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PEM_MAX = 256 * 1024, TICKETS_MS = 12 * 3600 * 1000 };

// What tells one state of a file from another.
struct file_mark {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct marks {
    struct file_mark certificate;
    struct file_mark key;
};

struct credential {
    struct certificate *certificate;
    struct tls_context *tls;
    bool given;
    struct marks tried; // of the files that were read last
    struct marks seen;  // when they were last looked at
    int64_t tickets_ms; // when the keys for tickets came; 0: nobody has asked yet
};

static bool is_given(const struct config *c)
{
    return c->tls.certificate && *c->tls.certificate;
}

static bool file_take(const char *path, struct buf *content, struct buf *why)
{
    int error = file_read(path, content);
    if (error) {
        buf_printf(why, "%s cannot be read: %s.", path, strerror(-error));
    }
    return error == 0;
}

// Both may be one file.
static struct certificate *files_read(const char *certificate_path, const char *key_path,
                                      struct buf *why)
{
    struct certificate *certificate = NULL;
    struct buf pem, key, fault;
    buf_init(&pem, PEM_MAX);
    buf_init(&key, PEM_MAX);
    buf_init(&fault, 512);
    if (file_take(certificate_path, &pem, why) && file_take(key_path, &key, why)) {
        certificate = certificate_read(buf_text(&pem), buf_text(&key), &fault);
        if (!certificate) {
            bool one = strcmp(certificate_path, key_path) == 0;
            buf_printf(why, "%s%s%s cannot be used: %.*s", certificate_path, one ? "" : " with ",
                       one ? "" : key_path, TEXT_ARG(buf_text(&fault)));
        }
    }
    buf_wipe(&pem);
    buf_wipe(&key);
    buf_finish(&fault);
    return certificate;
}

static bool own_keep(const struct certificate *own, const char *path, struct buf *why)
{
    struct buf pem;
    buf_init(&pem, PEM_MAX);
    must(certificate_write_key(own, &pem) && certificate_write(own, &pem));
    int error = file_replace(path, buf_text(&pem));
    buf_wipe(&pem);
    if (error) {
        buf_printf(why, "The certificate for TLS cannot be kept in %s: %s.", path,
                   strerror(-error));
    }
    return error == 0;
}

static struct certificate *own_make(const struct config *c, struct buf *why)
{
    struct certificate *own = certificate_make(c->name);
    if (!own) {
        buf_add(why, TEXT("This system cannot make a certificate for TLS. Give one with "
                          "tls_certificate and tls_key."));
    }
    return own;
}

static struct certificate *own_read_or_make(const struct config *c, const char *path,
                                            struct buf *why)
{
    if (access(path, F_OK) == 0) {
        struct certificate *kept = files_read(path, path, why);
        if (!kept) {
            buf_add(why, TEXT(" This is the server's own certificate: bring it back from a "
                              "backup, or remove it to have another one made, which clients will "
                              "warn of."));
        }
        return kept;
    }
    struct certificate *own = own_make(c, why);
    if (own && !own_keep(own, path, why)) {
        certificate_destroy(own);
        own = NULL;
    }
    return own;
}

static struct certificate *own_certificate(const struct config *c, struct buf *why)
{
    if (c->ephemeral) {
        return own_make(c, why);
    }
    struct buf path;
    buf_init(&path, 4096);
    buf_printf(&path, "%s/tls.pem", c->data);
    buf_add_char(&path, '\0');
    struct certificate *own = own_read_or_make(c, path.at, why);
    buf_finish(&path);
    return own;
}

static struct file_mark mark_of(const char *path)
{
    struct stat s = {0};
    if (stat(path, &s) != 0) {
        return (struct file_mark){0};
    }
    return (struct file_mark){s.st_dev, s.st_ino, s.st_size, s.st_mtim};
}

static struct marks marks_of(const struct config *c)
{
    return (struct marks){mark_of(c->tls.certificate), mark_of(c->tls.key)};
}

static bool mark_equal(struct file_mark a, struct file_mark b)
{
    return a.device == b.device && a.inode == b.inode && a.size == b.size &&
           a.changed.tv_sec == b.changed.tv_sec && a.changed.tv_nsec == b.changed.tv_nsec;
}

static bool marks_equal(struct marks a, struct marks b)
{
    return mark_equal(a.certificate, b.certificate) && mark_equal(a.key, b.key);
}

static bool load(struct credential *credential, const struct config *c, struct buf *why)
{
    bool given = is_given(c);
    if (given) {
        credential->tried = credential->seen = marks_of(c);
    }
    struct certificate *certificate =
        given ? files_read(c->tls.certificate, c->tls.key, why) : own_certificate(c, why);
    struct tls_context *tls = certificate ? tls_context_create(certificate, why) : NULL;
    if (!tls) {
        certificate_destroy(certificate);
        return false;
    }
    certificate_destroy(credential->certificate);
    tls_context_unref(credential->tls);
    credential->certificate = certificate;
    credential->tls = tls;
    credential->given = given;
    return true;
}

struct credential *credential_create(const struct config *c, struct buf *why)
{
    struct credential *credential = mem_alloc(sizeof *credential);
    if (!load(credential, c, why)) {
        credential_destroy(credential);
        return NULL;
    }
    return credential;
}

bool credential_check(const struct config *c, struct buf *why)
{
    struct credential *credential = is_given(c) ? credential_create(c, why) : NULL;
    bool usable = credential || !is_given(c);
    credential_destroy(credential);
    return usable;
}

void credential_destroy(struct credential *credential)
{
    if (credential) {
        certificate_destroy(credential->certificate);
        tls_context_unref(credential->tls);
        free(credential);
    }
}

bool credential_reload(struct credential *credential, const struct config *c, struct buf *why)
{
    // The server's own stays as it is while it runs.
    return (!is_given(c) && !credential->given) || load(credential, c, why);
}

bool credential_has_changed(struct credential *credential, const struct config *c)
{
    if (!is_given(c)) {
        return false;
    }
    // Certificate and key are seldom replaced at the same moment.
    struct marks now = marks_of(c);
    bool settled = marks_equal(now, credential->seen);
    credential->seen = now;
    return settled && !marks_equal(now, credential->tried);
}

bool credential_turn_tickets(struct credential *credential, int64_t now_ms)
{
    bool is_first = credential->tickets_ms == 0;
    if (!is_first && now_ms < credential->tickets_ms + TICKETS_MS) {
        return false;
    }
    credential->tickets_ms = now_ms;
    if (is_first) {
        return false;
    }
    struct buf why;
    buf_init(&why, 512);
    struct tls_context *fresh = tls_context_create(credential->certificate, &why);
    if (fresh) {
        tls_context_unref(credential->tls);
        credential->tls = fresh;
    }
    buf_finish(&why);
    return fresh;
}

struct tls_context *credential_tls(const struct credential *credential)
{
    return credential->tls;
}

const char *credential_fingerprint(const struct credential *credential)
{
    return credential->certificate->fingerprint;
}

bool credential_is_given(const struct credential *credential)
{
    return credential->given;
}

int64_t credential_expires_s(const struct credential *credential)
{
    return credential->certificate->expires_s;
}
