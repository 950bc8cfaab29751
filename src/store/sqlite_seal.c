#include "store/sqlite_seal.h"

#include "base/digest.h"
#include "base/must.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define START "\nhobnob backup, BLAKE2b-256 "

enum {
    SEAL = sizeof START - 1 + DIGEST_HEX + 1,
    PIECE = 64 * 1024,
    HEADER = 100, // of a database
    PAGE_SIZE_AT = 16,
    PAGE_COUNT_AT = 28,
};

// Of the first `len` bytes.
static int digest_of(int fd, off_t len, const atomic_bool *stop, char hex[DIGEST_HEX + 1])
{
    char *piece = mem_alloc(PIECE);
    struct digest *digest = digest_create();
    int code = 0;
    for (off_t at = 0; at < len && code == 0;) {
        size_t wanted = len - at < PIECE ? (size_t)(len - at) : PIECE;
        ssize_t got = pread(fd, piece, wanted, at);
        code = got < 0 ? -errno : got == 0 ? -EUCLEAN : 0;
        if (stop && atomic_load(stop)) {
            code = -ECANCELED;
        }
        digest_add(digest, piece, code ? 0 : (size_t)got);
        at += got;
    }
    digest_finish(digest, hex);
    free(piece);
    return code;
}

static int seal_of(int fd, off_t len, const atomic_bool *stop, char seal[SEAL + 1])
{
    char hex[DIGEST_HEX + 1];
    int code = digest_of(fd, len, stop, hex);
    snprintf(seal, SEAL + 1, "%s%s\n", START, hex);
    return code;
}

int seal_write(const char *path, const atomic_bool *stop)
{
    char seal[SEAL + 1];
    struct stat status;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int code = fstat(fd, &status) < 0 ? -errno : seal_of(fd, status.st_size, stop, seal);
    if (code == 0) {
        ssize_t written = pwrite(fd, seal, SEAL, status.st_size);
        code = written < 0 ? -errno : written < SEAL ? -ENOSPC : 0;
    }
    close(fd);
    return code;
}

static uint32_t big_endian(const unsigned char *at, int bytes)
{
    uint32_t number = 0;
    for (int i = 0; i < bytes; i++) {
        number = number << 8 | at[i];
    }
    return number;
}

static bool ends_as_its_header_says(int fd, off_t size)
{
    unsigned char header[HEADER];
    if (pread(fd, header, sizeof header, 0) != (ssize_t)sizeof header) {
        return false;
    }
    off_t page_size = big_endian(header + PAGE_SIZE_AT, 2);
    page_size = page_size == 1 ? 65536 : page_size;
    return size == page_size * big_endian(header + PAGE_COUNT_AT, 4);
}

static int check(int fd, const atomic_bool *stop)
{
    struct stat status;
    char found[SEAL + 1] = "";
    char expected[SEAL + 1];
    if (fstat(fd, &status) < 0) {
        return -errno;
    }
    off_t len = status.st_size - SEAL;
    bool sealed =
        len >= 0 && pread(fd, found, SEAL, len) == SEAL && text_starts(text_of(found), TEXT(START));
    if (!sealed) {
        return ends_as_its_header_says(fd, status.st_size) ? 0 : -EUCLEAN;
    }
    int code = seal_of(fd, len, stop, expected);
    return code ? code : memcmp(found, expected, SEAL) == 0 ? 0 : -EUCLEAN;
}

int seal_check(const char *path, const atomic_bool *stop)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int code = check(fd, stop);
    close(fd);
    return code;
}
