#include "server/hash_process.h"

#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PASSWORD_MAX = 8192, NICE = 10, OWN_FD = 3 };

struct hash_process {
    pid_t pid;
    int fd; // one datagram is a job: a struct password_try, and the password; the answer is the try
};

struct hash_processes {
    size_t count;
    struct hash_process all[];
};

// A session of its own: what is typed at the server's terminal is not for it, and where Linux
// shares the processors between sessions (autogroup), nobody waits for the server's share because
// of it.
static void stand_back(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        signal(ignored[i], SIG_IGN); // when to end is the server's to say
    }
    setsid();
    setpriority(PRIO_PROCESS, 0, NICE);
}

static void hold_nothing(int fd)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    dup2(fd, OWN_FD);
    close_range(OWN_FD + 1, ~0U, 0);
}

static void serve(void)
{
    static char password[PASSWORD_MAX];
    struct password_try t;
    struct iovec parts[] = {{&t, sizeof t}, {password, sizeof password}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t got;
    while ((got = recvmsg(OWN_FD, &message, 0)) >= (ssize_t)sizeof t || errno == EINTR) {
        if (got < (ssize_t)sizeof t) {
            continue;
        }
        password_work(&t, password, (size_t)got - sizeof t);
        explicit_bzero(password, sizeof password);
        if (send(OWN_FD, &t, sizeof t, MSG_NOSIGNAL) < 0) {
            break;
        }
        errno = 0;
    }
}

static void live(int fd, pid_t server)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "passwords");
    if (getppid() != server) { // it ended before that was asked
        _exit(0);
    }
    stand_back();
    hold_nothing(fd);
    serve();
    _exit(0);
}

static bool begin(struct hash_process *process)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return false;
    }
    pid_t server = getpid();
    process->pid = fork();
    if (process->pid == 0) {
        live(ends[1], server);
    }
    process->fd = ends[0];
    close(ends[1]);
    if (process->pid < 0) {
        close(ends[0]);
    }
    return process->pid > 0;
}

struct hash_processes *hash_processes_create(size_t count)
{
    struct hash_processes *p = mem_alloc(sizeof *p + count * sizeof *p->all);
    while (p->count < count && begin(&p->all[p->count])) {
        p->count++;
    }
    return p;
}

void hash_processes_destroy(struct hash_processes *p)
{
    if (!p) {
        return;
    }
    for (size_t i = 0; i < p->count; i++) {
        kill(p->all[i].pid, SIGKILL);
        waitpid(p->all[i].pid, NULL, 0);
        close(p->all[i].fd);
    }
    free(p);
}

size_t hash_processes_count(const struct hash_processes *p)
{
    return p->count;
}

bool hash_processes_work(struct hash_processes *p, size_t which, struct password_try *t,
                         const char *password, size_t len)
{
    int fd = p->all[which].fd;
    struct iovec parts[] = {{t, sizeof *t}, {(char *)(uintptr_t)password, len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    struct password_try answer;
    ssize_t got;
    if (len > PASSWORD_MAX || sendmsg(fd, &message, MSG_NOSIGNAL) < 0) {
        return false;
    }
    do {
        got = recv(fd, &answer, sizeof answer, 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof answer) {
        return false;
    }
    *t = answer;
    return true;
}
