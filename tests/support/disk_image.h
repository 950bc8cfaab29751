// What of files is on the disk for good, and what is not yet: for power cuts. All
// calls are safe from any thread.
#pragma once
#include <stddef.h>

struct disk_image;

// The image of a file; made from what is in the file now if there is none yet.
struct disk_image *disk_image_find(const char *path);
void disk_image_write(struct disk_image *image, const void *bytes, size_t len, size_t at);
void disk_image_truncate(struct disk_image *image, size_t size);
// Everything written to it is on the disk for good.
void disk_image_sync(struct disk_image *image);

// The file is deleted, and that for good. The image stays valid for who has it.
void disk_image_forget(const char *path);
void disk_image_forget_all(void);
// Of what is not on the disk for good, some stays, at random, from `seed`: whole writes, beginnings
// of writes, later ones without earlier ones. Nothing changes any more afterwards.
void disk_image_lose_unsynced(unsigned seed);
// Makes every file what its image is; deletes what was never recorded beside it: -shm.
void disk_image_write_back(void);
