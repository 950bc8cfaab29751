// The client's file of known servers, however it was damaged: what it says of one is one of the
// three things, and what is put into it is found again, with the others as they were.
#include "base/must.h"
#include "client/known_hosts.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static char folder[256];
static char path[300];

static void folder_make(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/known_hosts-XXXXXX", tmp ? tmp : "/tmp");
    must(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/known_hosts", folder);
}

static void folder_remove(void)
{
    unlink(path);
    rmdir(folder);
}

static void file_write(const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "w");
    must(file && fwrite(bytes, 1, len, file) == len && fclose(file) == 0);
}

static void check_found(const char *where, enum known expected)
{
    struct known_host host = known_hosts_find(path, text_of(where));
    must(host.known == expected);
    must(expected != KNOWN_PRINT || strlen(host.fingerprint) == sizeof host.fingerprint - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (!folder[0]) {
        folder_make();
        atexit(folder_remove);
    }
    file_write(bytes, len);
    enum known other = known_hosts_find(path, TEXT("b:2")).known;
    must(other == KNOWN_NOT || other == KNOWN_SIGNED || other == KNOWN_PRINT);
    struct known_host print = {.known = KNOWN_PRINT};
    memset(print.fingerprint, 'a', sizeof print.fingerprint - 1);
    must(known_hosts_put(path, TEXT("a:1"), &print) == 0);
    check_found("a:1", KNOWN_PRINT);
    check_found("b:2", other);
    must(known_hosts_put(path, TEXT("a:1"), &(struct known_host){.known = KNOWN_SIGNED}) == 0);
    check_found("A:1", KNOWN_SIGNED);
    check_found("b:2", other);
    return 0;
}
