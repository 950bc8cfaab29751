#include "support/served.h"

#include "support/figures.h"
#include "support/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 20000, STOP_MS = 15000, LOOK_MS = 5, ARGUMENTS_MAX = 32 };

const char *served_program(const char *test_program)
{
    static char path[4096];
    const char *given = getenv("HOBNOBD");
    if (given) {
        return given;
    }
    snprintf(path, sizeof path, "%s", test_program);
    // build/fast/bench/bench_rooms, build/debug/tests/crash/test_kill
    int up = strstr(test_program, "/bench/bench_") ? 2 : 3;
    for (; up > 0 && strrchr(path, '/'); up--) {
        *strrchr(path, '/') = 0;
    }
    size_t len = strlen(path);
    snprintf(path + len, sizeof path - len, "/hobnobd");
    return path;
}

static void run(const char *program, const char *const *arguments, uint16_t port)
{
    char uri[64];
    const char *argv[ARGUMENTS_MAX] = {program, "--listen", uri, "--console", "quiet"};
    snprintf(uri, sizeof uri, "any://127.0.0.1:%u", port);
    size_t count = 5;
    for (; *arguments && count < ARGUMENTS_MAX - 1; arguments++) {
        argv[count++] = *arguments;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    execv(program, (char *const *)(uintptr_t)argv);
    fprintf(stderr, "%s cannot be started: %s\n", program, strerror(errno));
    _exit(127);
}

static bool has_ended(struct served *served)
{
    if (waitpid(served->pid, NULL, WNOHANG) == served->pid) {
        served->pid = 0;
        return true;
    }
    return false;
}

// It listens before it has opened its store, so only an answer shows that it is there.
static bool answers(uint16_t port)
{
    struct load_client client;
    load_client_init(&client, load_connect(port, false));
    bool answer = client.fd >= 0 && load_send(client.fd, TEXT("\n")) &&
                  load_client_await(&client, TEXT("Your name?"), START_MS);
    load_client_finish(&client);
    return answer;
}

bool served_start(struct served *served, const char *program, const char *const *arguments)
{
    served->port = load_free_port();
    served->pid = fork();
    if (served->pid == 0) {
        run(program, arguments, served->port);
    }
    uint64_t end_us = now_us() + START_MS * 1000;
    while (now_us() < end_us && !has_ended(served)) {
        if (answers(served->port)) {
            return true;
        }
        poll(NULL, 0, LOOK_MS);
    }
    served_kill(served);
    return false;
}

void served_kill(struct served *served)
{
    if (served->pid > 0) {
        kill(served->pid, SIGKILL);
        waitpid(served->pid, NULL, 0);
        served->pid = 0;
    }
}

int served_stop(struct served *served)
{
    if (served->pid <= 0) {
        return -1;
    }
    kill(served->pid, SIGTERM);
    uint64_t end_us = now_us() + STOP_MS * 1000;
    int status;
    while (waitpid(served->pid, &status, WNOHANG) == 0) {
        if (now_us() > end_us) {
            served_kill(served);
            return -1;
        }
        poll(NULL, 0, LOOK_MS);
    }
    served->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The ticks after the program's name, which may hold spaces.
static double stat_cpu_s(const char *path, char name[32])
{
    char line[1024] = "";
    FILE *file = fopen(path, "re");
    if (!file) {
        return 0;
    }
    size_t len = fread(line, 1, sizeof line - 1, file);
    line[len] = 0;
    fclose(file);
    char *open = strchr(line, '(');
    char *closed = strrchr(line, ')');
    unsigned long user = 0;
    unsigned long system = 0;
    if (open && closed) {
        snprintf(name, 32, "%.*s", (int)(closed - open - 1), open + 1);
        sscanf(closed + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    }
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static int count_entries(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    while (folder && readdir(folder)) {
        count++;
    }
    if (folder) {
        closedir(folder);
    }
    return count - 2;
}

struct served_figures served_figures(pid_t pid)
{
    struct served_figures f = {0};
    char path[64];
    char name[32];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    f.cpu_s = stat_cpu_s(path, name);
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        sscanf(line, "RssAnon: %ld", &f.anonymous_kib);
        sscanf(line, "VmHWM: %ld", &f.peak_kib);
        sscanf(line, "Threads: %d", &f.threads);
    }
    if (file) {
        fclose(file);
    }
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    f.descriptors = count_entries(path);
    return f;
}

void served_print_threads(pid_t pid)
{
    char path[512];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char name[32] = "";
        char what[300];
        snprintf(path, sizeof path, "/proc/%d/task/%s/stat", pid, entry->d_name);
        double cpu_s = stat_cpu_s(path, name);
        snprintf(what, sizeof what, "  thread %s %s", entry->d_name, name);
        figure(what, cpu_s, "CPU s", "");
    }
    if (folder) {
        closedir(folder);
    }
}

void folder_make(char path[256])
{
    const char *base = getenv("TMPDIR");
    snprintf(path, 256, "%s/hobnob-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(path)) {
        perror(path);
        exit(1);
    }
}

void folder_remove(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder) {
        closedir(folder);
    }
    rmdir(path);
}

long descriptors_raise(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return (long)limit.rlim_cur;
}
