// Feeds files, or the files in folders, to a fuzz target: replays a corpus without libFuzzer.
#include "base/must.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static unsigned count;

static void feed_file(const char *path)
{
    // The last name printed is the input that ended the program.
    printf("# %s\n", path);
    fflush(stdout);
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file || fstat(fileno(file), &status) != 0) {
        fprintf(stderr, "%s cannot be read: %s\n", path, strerror(errno));
        exit(1);
    }
    // Exactly as long as the input, so that the sanitizer sees a read past its end.
    size_t len = (size_t)status.st_size;
    uint8_t *bytes = malloc(len);
    must(fread(bytes, 1, len, file) == len);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, len);
    free(bytes);
    count++;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void feed(const char *path)
{
    struct dirent **entries;
    int entry_count = scandir(path, &entries, is_visible, alphasort);
    if (entry_count < 0) {
        feed_file(path);
        return;
    }
    for (int i = 0; i < entry_count; i++) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        feed_file(inner);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        feed(argv[i]);
    }
    printf("# %u inputs\n", count);
    return count == 0;
}
