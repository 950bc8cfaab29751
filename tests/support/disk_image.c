#include "support/disk_image.h"

#include "base/must.h"
#include "base/text.h"

#include <pthread.h>
#include <unistd.h>
#include <utlist.h>

struct change {
    struct change *prev, *next;
    bool truncates;
    size_t at; // or the new size
    size_t len;
    char bytes[];
};

struct disk_image {
    struct disk_image *prev, *next;
    char *path;
    char *bytes;
    size_t size;
    size_t room;
    struct change *changes; // not on the disk for good
    bool forgotten;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct disk_image *images;
static bool frozen;

static void resize(struct disk_image *image, size_t size)
{
    if (size > image->room) {
        image->room = size * 2;
        image->bytes = mem_grow(image->bytes, image->room);
    }
    if (size > image->size) {
        memset(image->bytes + image->size, 0, size - image->size);
    }
    image->size = size;
}

static void read_file(struct disk_image *image)
{
    FILE *file = fopen(image->path, "rb");
    char piece[65536];
    size_t len;
    while (file && (len = fread(piece, 1, sizeof piece, file)) > 0) {
        size_t at = image->size;
        resize(image, at + len);
        memcpy(image->bytes + at, piece, len);
    }
    if (file) {
        fclose(file);
    }
}

static struct disk_image *find(const char *path)
{
    struct disk_image *image;
    DL_FOREACH(images, image)
    {
        if (!image->forgotten && strcmp(image->path, path) == 0) {
            return image;
        }
    }
    return NULL;
}

struct disk_image *disk_image_find(const char *path)
{
    pthread_mutex_lock(&lock);
    struct disk_image *image = find(path);
    if (!image) {
        image = mem_alloc(sizeof *image);
        image->path = text_copy(text_of(path));
        read_file(image);
        DL_APPEND(images, image);
    }
    pthread_mutex_unlock(&lock);
    return image;
}

static void add_change(struct disk_image *image, bool truncates, size_t at, const void *bytes,
                       size_t len)
{
    pthread_mutex_lock(&lock);
    if (!frozen) {
        struct change *change = mem_alloc(sizeof *change + len);
        change->truncates = truncates;
        change->at = at;
        change->len = len;
        if (len) {
            memcpy(change->bytes, bytes, len);
        }
        DL_APPEND(image->changes, change);
    }
    pthread_mutex_unlock(&lock);
}

void disk_image_write(struct disk_image *image, const void *bytes, size_t len, size_t at)
{
    add_change(image, false, at, bytes, len);
}

void disk_image_truncate(struct disk_image *image, size_t size)
{
    add_change(image, true, size, NULL, 0);
}

static void apply(struct disk_image *image, const struct change *change, size_t len)
{
    if (change->truncates) {
        resize(image, change->at);
        return;
    }
    if (change->at + len > image->size) {
        resize(image, change->at + len);
    }
    if (len) {
        memcpy(image->bytes + change->at, change->bytes, len);
    }
}

static void forget_changes(struct disk_image *image)
{
    struct change *change;
    struct change *next;
    DL_FOREACH_SAFE(image->changes, change, next)
    {
        free(change);
    }
    image->changes = NULL;
}

void disk_image_sync(struct disk_image *image)
{
    struct change *change;
    pthread_mutex_lock(&lock);
    if (!frozen) {
        DL_FOREACH(image->changes, change)
        {
            apply(image, change, change->len);
        }
        forget_changes(image);
    }
    pthread_mutex_unlock(&lock);
}

void disk_image_forget(const char *path)
{
    pthread_mutex_lock(&lock);
    struct disk_image *image = find(path);
    if (image && !frozen) {
        image->forgotten = true;
    }
    pthread_mutex_unlock(&lock);
}

void disk_image_forget_all(void)
{
    struct disk_image *image;
    struct disk_image *next;
    pthread_mutex_lock(&lock);
    DL_FOREACH_SAFE(images, image, next)
    {
        forget_changes(image);
        free(image->path);
        free(image->bytes);
        free(image);
    }
    images = NULL;
    frozen = false;
    pthread_mutex_unlock(&lock);
}

static void lose(struct disk_image *image, unsigned *seed)
{
    struct change *change;
    int kept_of_8 = rand_r(seed) % 9;
    DL_FOREACH(image->changes, change)
    {
        if (rand_r(seed) % 8 < kept_of_8) {
            bool torn = rand_r(seed) % 8 == 0;
            size_t sectors = (change->len + 511) / 512;
            size_t len = torn ? (size_t)rand_r(seed) % (sectors + 1) * 512 : change->len;
            apply(image, change, len < change->len ? len : change->len);
        }
    }
    forget_changes(image);
}

void disk_image_lose_unsynced(unsigned seed)
{
    struct disk_image *image;
    pthread_mutex_lock(&lock);
    DL_FOREACH(images, image)
    {
        lose(image, &seed);
    }
    frozen = true;
    pthread_mutex_unlock(&lock);
}

static void write_file(const struct disk_image *image)
{
    char shm[600];
    FILE *file = fopen(image->path, "wb");
    must(file && (!image->size || fwrite(image->bytes, 1, image->size, file) == image->size));
    must(fclose(file) == 0);
    snprintf(shm, sizeof shm, "%s-shm", image->path);
    unlink(shm); // memory of the processes that are no more
}

void disk_image_write_back(void)
{
    struct disk_image *image;
    pthread_mutex_lock(&lock);
    DL_FOREACH(images, image)
    {
        if (!image->forgotten) {
            write_file(image);
        }
    }
    pthread_mutex_unlock(&lock);
}
