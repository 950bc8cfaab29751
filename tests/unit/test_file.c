#include "base/file.h"
#include "support/served.h"
#include "support/test.h"

#include <errno.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];
static char path[512];
static struct buf content;

static void begin(void)
{
    folder_make(folder);
    snprintf(path, sizeof path, "%s/it", folder);
    buf_init(&content, 10000);
}

static void end(void)
{
    buf_finish(&content);
    folder_remove(folder);
}

static size_t files(void)
{
    char pattern[300];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/*", folder);
    size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

static void what_was_written_is_read(void)
{
    begin();
    check_number(file_replace(path, TEXT("first and longer")), 0);
    check_number(file_replace(path, TEXT("second")), 0);
    check_number(file_read(path, &content), 0);
    check_text(buf_text(&content), "second");
    check_number((long long)files(), 1);
    end();
}

static void it_is_its_owners_alone(void)
{
    struct stat status;
    begin();
    check_number(file_replace(path, TEXT("secret")), 0);
    check_number(stat(path, &status), 0);
    check_number(status.st_mode & 0777, 0600);
    end();
}

static void what_cannot_be_replaced_stays(void)
{
    begin();
    check_number(mkdir(path, 0700), 0);
    check_number(file_replace(path, TEXT("text")), -EISDIR);
    check_number((long long)files(), 1);
    char inner[600];
    snprintf(inner, sizeof inner, "%s/none/it", path);
    check_number(file_replace(inner, TEXT("text")), -ENOENT);
    end();
}

static void what_is_no_file_is_not_read(void)
{
    begin();
    check_number(file_read(path, &content), -ENOENT);
    check_number(file_read(folder, &content), -EINVAL);
    check_number(mkfifo(path, 0600), 0);
    check_number(file_read(path, &content), -EINVAL);
    end();
}

static void what_is_too_large_is_told(void)
{
    static const char bytes[10001];
    begin();
    check_number(file_replace(path, (struct text){bytes, 10001}), 0);
    check_number(file_read(path, &content), -EFBIG);
    check_number(file_replace(path, (struct text){bytes, 10000}), 0);
    buf_finish(&content);
    buf_init(&content, 10000);
    check_number(file_read(path, &content), 0);
    check_number((long long)content.len, 10000);
    end();
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(what_was_written_is_read);
    TEST(it_is_its_owners_alone);
    TEST(what_cannot_be_replaced_stays);
    TEST(what_is_no_file_is_not_read);
    TEST(what_is_too_large_is_told);
    return test_end();
}
