#include "store/sqlite_folder.h"

#include "base/must.h"
#include "store/sqlite_error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_folder(const char *folder)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/", folder) >= (int)sizeof path) {
        return -ENAMETOOLONG;
    }
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST) {
            return -errno;
        }
        *at = '/';
    }
    return 0;
}

static int unusable(struct store_sqlite_error *error, int code, const char *folder)
{
    return error_say(error, code,
                     "The data folder %s cannot be used: %s. Make it one that you may write to, "
                     "or give another one with --data.",
                     folder, strerror(-code));
}

static int in_use(struct store_sqlite_error *error, int lock, const char *folder)
{
    char process[32] = "";
    ssize_t len = pread(lock, process, sizeof process - 1, 0);
    process[len > 0 ? len : 0] = '\0';
    process[strspn(process, "0123456789")] = '\0';
    return error_say(error, -EBUSY,
                     "%s is used by another hobnobd (process %s). Stop it, or give this one "
                     "another folder with --data.",
                     folder, process[0] ? process : "unknown");
}

static void write_process(int lock)
{
    char process[32];
    int len = snprintf(process, sizeof process, "%ld\n", (long)getpid());
    // Only for the sentence above: without it, the lock holds all the same.
    if (ftruncate(lock, 0) < 0 || pwrite(lock, process, (size_t)len, 0) < 0) {
        return;
    }
}

int folder_lock(const char *folder, struct store_sqlite_error *error)
{
    char path[PATH_MAX];
    int code = make_folder(folder);
    if (code < 0) {
        return unusable(error, code, folder);
    }
    if (snprintf(path, sizeof path, "%s/hobnob.lock", folder) >= (int)sizeof path) {
        return unusable(error, -ENAMETOOLONG, folder);
    }
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) {
        return unusable(error, -errno, folder);
    }
    if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
        code = errno == EWOULDBLOCK ? in_use(error, lock, folder) : unusable(error, -errno, folder);
        close(lock);
        return code;
    }
    write_process(lock);
    return lock;
}

int file_make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -errno;
    }
    close(fd);
    return 0;
}

int file_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int code = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return code;
}
