#include "support/store_sqlite_kind.h"

#include "base/must.h"
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

static char folder[256];
static sem_t answers_wait;

const char *store_sqlite_folder(void)
{
    return folder;
}

const char *store_sqlite_path(const char *file)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

void store_sqlite_remove_folder(void)
{
    DIR *files = folder[0] ? opendir(folder) : NULL;
    struct dirent *file;
    while (files && (file = readdir(files))) {
        unlink(store_sqlite_path(file->d_name)); // fails for . and ..
    }
    if (files) {
        closedir(files);
        rmdir(folder);
    }
    folder[0] = '\0';
}

void store_sqlite_new_folder(void)
{
    store_sqlite_remove_folder();
    const char *parent = getenv("TMPDIR");
    int len = snprintf(folder, sizeof folder, "%s/hobnob-store-XXXXXX", parent ? parent : "/tmp");
    must(len < (int)sizeof folder && mkdtemp(folder));
}

static void wake(void *context)
{
    (void)context;
    sem_post(&answers_wait);
}

void store_sqlite_wait(struct store *s)
{
    (void)s;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    int code;
    while ((code = sem_timedwait(&answers_wait, &until)) < 0 && errno == EINTR) {
    }
    must(code == 0);
}

static struct store *open_here(const char *vfs, bool unsynced, struct store_sqlite_error *error)
{
    struct store_sqlite_options options = {
        .folder = folder, .vfs = vfs, .wake = wake, .unsynced = unsynced};
    sem_init(&answers_wait, 0, 0);
    return store_sqlite_open(&options, error);
}

struct store *store_sqlite_open_here(const char *vfs, bool unsynced)
{
    struct store_sqlite_error error;
    struct store *s = open_here(vfs, unsynced, &error);
    if (!s) {
        test_fail(__FILE__, __LINE__, "%s", error.sentence);
    }
    return s;
}

struct store *store_sqlite_try_here(const char *vfs, struct store_sqlite_error *error)
{
    return open_here(vfs, false, error);
}

static struct store *make(void)
{
    store_sqlite_new_folder();
    return store_sqlite_open_here(NULL, false);
}

static struct store *reopen(struct store *s)
{
    store_destroy(s);
    return store_sqlite_open_here(NULL, false);
}

const struct store_kind store_sqlite_kind = {make, reopen, store_sqlite_wait};
