#include "client/known_hosts.h"
#include "client/state_file.h"
#include "support/test.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRINT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static char top[256];
static char path[512];

static void begin(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(top, sizeof top, "%s/known_hosts-XXXXXX", tmp ? tmp : "/tmp");
    check(mkdtemp(top) != NULL);
    snprintf(path, sizeof path, "%s/hobnob/known_hosts", top);
}

static void end(void)
{
    char folder[300];
    snprintf(folder, sizeof folder, "%s/hobnob", top);
    unlink(path);
    rmdir(folder);
    check_number(rmdir(top), 0);
}

static void write_file(const char *content)
{
    FILE *file = fopen(path, "w");
    check(file != NULL);
    check_number(fwrite(content, 1, strlen(content), file), (long long)strlen(content));
    check_number(fclose(file), 0);
}

static void check_file(const char *expected)
{
    char content[4096];
    FILE *file = fopen(path, "r");
    check(file != NULL);
    size_t len = fread(content, 1, sizeof content, file);
    fclose(file);
    check_text(((struct text){content, len}), expected);
}

static enum known found(const char *where)
{
    return known_hosts_find(path, text_of(where)).known;
}

static void what_is_put_is_found(void)
{
    begin();
    check_number(found("a:1"), KNOWN_NOT);
    struct known_host print = {.known = KNOWN_PRINT, .fingerprint = PRINT};
    struct known_host sure = {.known = KNOWN_SIGNED};
    check_number(known_hosts_put(path, TEXT("a:1"), &print), 0);
    check_number(known_hosts_put(path, TEXT("[::1]:2"), &sure), 0);
    check_text(text_of(known_hosts_find(path, TEXT("a:1")).fingerprint), PRINT);
    check_number(found("A:1"), KNOWN_PRINT);
    check_number(found("[::1]:2"), KNOWN_SIGNED);
    check_number(found("a:11"), KNOWN_NOT);
    check_number(found("a"), KNOWN_NOT);
    memcpy(print.fingerprint, OTHER, sizeof OTHER);
    check_number(known_hosts_put(path, TEXT("a:1"), &print), 0);
    check_file("[::1]:2 signed\na:1 sha256 " OTHER "\n");
    end();
}

static void lines_of_others_stay_as_they_are(void)
{
    begin();
    struct known_host sure = {.known = KNOWN_SIGNED};
    check_number(known_hosts_put(path, TEXT("x:1"), &sure), 0);
    // What is not understood, or cut short, says nothing; a line without an end is one.
    write_file("# comment\n\n  a:1\tsha256  " PRINT "  \na:1 sha256 0123\nb:1 what\nc:1\n"
               "d:1 sha256 " PRINT "0\ne:1 signed");
    check_number(found("a:1"), KNOWN_PRINT);
    check_number(found("b:1"), KNOWN_NOT);
    check_number(found("c:1"), KNOWN_NOT);
    check_number(found("d:1"), KNOWN_NOT);
    check_number(found("e:1"), KNOWN_SIGNED);
    check_number(found("#"), KNOWN_NOT);
    check_number(found(""), KNOWN_NOT);
    check_number(known_hosts_put(path, TEXT("a:1"), &sure), 0);
    check_file("# comment\n\na:1 sha256 0123\nb:1 what\nc:1\nd:1 sha256 " PRINT "0\ne:1 signed\n"
               "a:1 signed\n");
    end();
}

static void what_cannot_be_written_is_said(void)
{
    begin();
    struct known_host sure = {.known = KNOWN_SIGNED};
    check_number(known_hosts_put("/dev/null/hobnob/known_hosts", TEXT("a:1"), &sure), -ENOTDIR);
    check_number(rmdir(top), 0);
}

static void it_lies_where_state_lies(void)
{
    struct buf where;
    buf_init(&where, 1024);
    setenv("XDG_STATE_HOME", "/state", 1);
    setenv("HOME", "/home/ann", 1);
    check(state_file_path("known_hosts", &where));
    check_text(buf_text(&where), "/state/hobnob/known_hosts");
    buf_reset(&where);
    unsetenv("XDG_STATE_HOME");
    check(state_file_path("known_hosts", &where));
    check_text(buf_text(&where), "/home/ann/.local/state/hobnob/known_hosts");
    unsetenv("HOME");
    check(!state_file_path("known_hosts", &where));
    buf_finish(&where);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(what_is_put_is_found);
    TEST(lines_of_others_stay_as_they_are);
    TEST(what_cannot_be_written_is_said);
    TEST(it_lies_where_state_lies);
    return test_end();
}
