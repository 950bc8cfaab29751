#include "support/fault_vfs.h"

#include "base/must.h"
#include "support/disk_image.h"
#include "support/test.h"

#include <pthread.h>
#include <sqlite3.h>

const char fault_vfs_name[] = "fault";

struct fault_file {
    sqlite3_file base;
    struct disk_image *image; // NULL: not recorded
    sqlite3_file *real;       // behind this struct
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    sqlite3_vfs *real;
    uint64_t calls;
    uint64_t fail_call;
    bool onwards;
    bool limited;
    int64_t space;
    bool fail_syncs;
    bool hold_syncs;
    int held_syncs;
    bool recording;
    uint64_t cut_call;
    unsigned cut_seed;
    bool dead;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct fault_file *)file)->real;
}

static bool fails(void)
{
    pthread_mutex_lock(&disk.lock);
    disk.calls++;
    bool hit = disk.fail_call &&
               (disk.calls == disk.fail_call || (disk.onwards && disk.calls > disk.fail_call));
    bool cut = disk.cut_call && disk.calls == disk.cut_call;
    disk.dead = disk.dead || cut;
    bool failing = disk.dead || hit;
    pthread_mutex_unlock(&disk.lock);
    if (cut) {
        disk_image_lose_unsynced(disk.cut_seed);
    }
    return failing;
}

static int file_close(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static int file_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    return fails() ? SQLITE_IOERR_READ : real(file)->pMethods->xRead(real(file), bytes, len, at);
}

// Takes the growth from the space that is left; false when there is not enough.
static bool take_space(sqlite3_file *file, sqlite3_int64 end)
{
    sqlite3_int64 size = 0;
    real(file)->pMethods->xFileSize(real(file), &size);
    pthread_mutex_lock(&disk.lock);
    int64_t growth = end > size ? end - size : 0;
    bool enough = !disk.limited || growth <= disk.space;
    if (enough) {
        disk.space -= growth;
    }
    pthread_mutex_unlock(&disk.lock);
    return enough;
}

static int file_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    struct fault_file *f = (struct fault_file *)file;
    if (fails()) {
        return SQLITE_IOERR_WRITE;
    }
    if (!take_space(file, at + len)) {
        return SQLITE_FULL;
    }
    int code = f->real->pMethods->xWrite(f->real, bytes, len, at);
    if (code == SQLITE_OK && f->image) {
        disk_image_write(f->image, bytes, (size_t)len, (size_t)at);
    }
    return code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct fault_file *f = (struct fault_file *)file;
    if (fails()) {
        return SQLITE_IOERR_TRUNCATE;
    }
    int code = f->real->pMethods->xTruncate(f->real, size);
    if (code == SQLITE_OK && f->image) {
        disk_image_truncate(f->image, (size_t)size);
    }
    return code;
}

static void be_held(void)
{
    pthread_mutex_lock(&disk.lock);
    disk.held_syncs++;
    pthread_cond_broadcast(&disk.changed);
    while (disk.hold_syncs) {
        pthread_cond_wait(&disk.changed, &disk.lock);
    }
    disk.held_syncs--;
    pthread_mutex_unlock(&disk.lock);
}

static bool syncs_fail(void)
{
    pthread_mutex_lock(&disk.lock);
    bool failing = disk.fail_syncs;
    pthread_mutex_unlock(&disk.lock);
    return failing;
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    struct fault_file *f = (struct fault_file *)file;
    be_held();
    if (fails() || syncs_fail()) {
        return SQLITE_IOERR_FSYNC;
    }
    if (f->image) {
        disk_image_sync(f->image);
    }
    return SQLITE_OK; // the machine's own disk has nothing to do with it
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return fails() ? SQLITE_IOERR_FSTAT : real(file)->pMethods->xFileSize(real(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return fails() ? SQLITE_IOERR_LOCK : real(file)->pMethods->xLock(real(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int file_reserved(sqlite3_file *file, int *reserved)
{
    return fails() ? SQLITE_IOERR_CHECKRESERVEDLOCK
                   : real(file)->pMethods->xCheckReservedLock(real(file), reserved);
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int file_sector(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int file_character(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **at)
{
    return fails() ? SQLITE_IOERR_SHMMAP
                   : real(file)->pMethods->xShmMap(real(file), page, size, extend, at);
}

static int shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    bool failing = !(flags & SQLITE_SHM_UNLOCK) && fails();
    return failing ? SQLITE_IOERR_SHMLOCK
                   : real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void shm_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int shm_unmap(sqlite3_file *file, int delete_it)
{
    return real(file)->pMethods->xShmUnmap(real(file), delete_it);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_character,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                    int *flags_out)
{
    (void)vfs;
    struct fault_file *f = (struct fault_file *)file;
    *f = (struct fault_file){.real = (sqlite3_file *)(f + 1)};
    if (fails()) {
        return SQLITE_CANTOPEN;
    }
    int code = disk.real->xOpen(disk.real, path, f->real, flags, flags_out);
    if (f->real->pMethods) {
        f->base.pMethods = &methods;
        f->image = disk.recording && path ? disk_image_find(path) : NULL;
    }
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    if (fails()) {
        return SQLITE_IOERR_DELETE;
    }
    disk_image_forget(path);
    return disk.real->xDelete(disk.real, path, sync_folder);
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result)
{
    (void)vfs;
    return fails() ? SQLITE_IOERR_ACCESS : disk.real->xAccess(disk.real, path, flags, result);
}

static void vfs_register(void)
{
    static sqlite3_vfs vfs;
    disk.real = sqlite3_vfs_find(NULL);
    vfs = *disk.real;
    vfs.szOsFile += (int)sizeof(struct fault_file);
    vfs.zName = fault_vfs_name;
    vfs.pNext = NULL;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    must(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

void fault_vfs_reset(void)
{
    if (!disk.real) {
        vfs_register();
    }
    pthread_mutex_lock(&disk.lock);
    disk.calls = disk.fail_call = disk.cut_call = 0;
    disk.onwards = disk.limited = disk.fail_syncs = disk.recording = disk.dead = false;
    pthread_mutex_unlock(&disk.lock);
    disk_image_forget_all();
    fault_vfs_hold_syncs(false);
}

void fault_vfs_fail_call(uint64_t n, bool onwards)
{
    pthread_mutex_lock(&disk.lock);
    disk.calls = 0;
    disk.fail_call = n;
    disk.onwards = onwards;
    pthread_mutex_unlock(&disk.lock);
}

uint64_t fault_vfs_calls(void)
{
    pthread_mutex_lock(&disk.lock);
    uint64_t calls = disk.calls;
    pthread_mutex_unlock(&disk.lock);
    return calls;
}

void fault_vfs_space(int64_t bytes)
{
    pthread_mutex_lock(&disk.lock);
    disk.limited = bytes >= 0;
    disk.space = bytes;
    pthread_mutex_unlock(&disk.lock);
}

void fault_vfs_fail_syncs(bool fail)
{
    pthread_mutex_lock(&disk.lock);
    disk.fail_syncs = fail;
    pthread_mutex_unlock(&disk.lock);
}

void fault_vfs_hold_syncs(bool hold)
{
    pthread_mutex_lock(&disk.lock);
    disk.hold_syncs = hold;
    pthread_cond_broadcast(&disk.changed);
    pthread_mutex_unlock(&disk.lock);
}

void fault_vfs_await_held_sync(void)
{
    pthread_mutex_lock(&disk.lock);
    while (!disk.held_syncs) {
        pthread_cond_wait(&disk.changed, &disk.lock);
    }
    pthread_mutex_unlock(&disk.lock);
}

void fault_vfs_record(void)
{
    disk.recording = true;
}

void fault_vfs_cut_power_at(uint64_t n)
{
    pthread_mutex_lock(&disk.lock);
    disk.calls = 0;
    disk.cut_call = n;
    disk.cut_seed = test_random(UINT32_MAX);
    pthread_mutex_unlock(&disk.lock);
}

void fault_vfs_restore(void)
{
    disk_image_write_back();
}
