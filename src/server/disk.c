#include "server/disk.h"

#include <sys/statvfs.h>

bool disk_is_low(uint64_t left, uint64_t size, uint32_t least, bool was)
{
    uint64_t wanted = size / 20 < least ? size / 20 : least;
    return left < (was ? wanted + wanted / 4 : wanted);
}

static void say(struct server *s, uint64_t left)
{
    if (s->disk_low) {
        console_note(s->console, LOG_WARN, "disk_low",
                     "The disk of %s is nearly full: %llu MiB are left. Messages of guests are "
                     "refused until there is more.",
                     s->started.data, (unsigned long long)(left >> 20));
    } else {
        console_note(s->console, LOG_INFO, "disk_enough",
                     "The disk of %s has room again: %llu MiB are left. Guests may write.",
                     s->started.data, (unsigned long long)(left >> 20));
    }
}

void disk_look(struct server *s)
{
    struct statvfs disk;
    if (s->started.ephemeral || statvfs(s->started.data, &disk) != 0) {
        return;
    }
    uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
    uint64_t size = (uint64_t)disk.f_blocks * disk.f_frsize;
    bool low = disk_is_low(left, size, s->config.free_bytes, s->disk_low);
    if (low != s->disk_low) {
        s->disk_low = low;
        core_disk_low(s->core, low);
        say(s, left);
    }
}
