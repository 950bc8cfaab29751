#include "server/hash_process.h"

#include "support/test.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

static const struct password_cost cheap = {1, (size_t)1024 * 1024};

// The only process that this one has started; 0: there is none.
static pid_t child(void)
{
    char path[64];
    pid_t pid = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)gettid());
    FILE *file = fopen(path, "re");
    if (file) {
        if (fscanf(file, "%d", &pid) != 1) {
            pid = 0;
        }
        fclose(file);
    }
    return pid;
}

static bool work(struct hash_processes *p, struct password_try *t, const char *password)
{
    return hash_processes_work(p, 0, t, password, strlen(password));
}

static void what_is_made_matches_its_password_alone(void)
{
    struct hash_processes *p = hash_processes_create(1);
    check_number(hash_processes_count(p), 1);
    struct password_try t = {.cost = cheap, .makes = true};
    check(work(p, &t, "correct horse"));
    check(t.matches);
    check(strncmp(t.made, "$argon2id$v=19$m=1024,t=1,p=1$", 30) == 0);
    t.makes = false;
    memcpy(t.against, t.made, sizeof t.against);
    check(work(p, &t, "correct horse"));
    check(t.matches && !t.made[0]);
    check(work(p, &t, "correct hors"));
    check(!t.matches);
    t.cost.passes++; // passwords cost more now: a right one is made anew
    check(work(p, &t, "correct horse"));
    check(t.matches && strstr(t.made, ",t=2,"));
    hash_processes_destroy(p);
}

static void a23_nobodys_password_costs_what_somebodys_does(void)
{
    char nobody[PASSWORD_KEPT_MAX];
    struct password_try t = {.cost = cheap, .makes = true};
    password_work(&t, "correct horse", 13);
    password_nobody(&cheap, nobody);
    size_t parameters = (size_t)(strchr(strchr(t.made, 'm'), '$') - t.made);
    check(strncmp(nobody, t.made, parameters) == 0);
    check_number(strlen(nobody), strlen(t.made)); // salt and digest are as long
    t.makes = false;
    memcpy(t.against, nobody, sizeof nobody);
    password_work(&t, "correct horse", 13);
    check(!t.matches);
}

static void it_has_nothing_of_the_server(void)
{
    int held = dup(STDERR_FILENO);
    struct hash_processes *p = hash_processes_create(1);
    struct password_try t = {.cost = cheap, .makes = true};
    check(work(p, &t, "correct horse")); // it is there and has closed them
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)child());
    DIR *folder = opendir(path);
    int open = 0;
    check(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder));) {
        open += entry->d_name[0] != '.';
    }
    closedir(folder);
    close(held);
    check_number(open, 4); // three standard ones and what it is spoken to by
    hash_processes_destroy(p);
}

static void one_that_is_gone_says_so(void)
{
    struct hash_processes *p = hash_processes_create(1);
    check(kill(child(), SIGKILL) == 0);
    struct password_try t = {.cost = cheap, .makes = true};
    check(!work(p, &t, "correct horse"));
    check(!work(p, &t, "correct horse"));
    hash_processes_destroy(p);
    check_number(child(), 0);
}

static void signals_of_the_terminal_do_not_end_it(void)
{
    struct hash_processes *p = hash_processes_create(1);
    struct password_try t = {.cost = cheap, .makes = true};
    check(work(p, &t, "correct horse"));
    check(kill(child(), SIGINT) == 0 && kill(child(), SIGTERM) == 0 && kill(child(), SIGHUP) == 0);
    check(work(p, &t, "correct horse"));
    hash_processes_destroy(p);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(what_is_made_matches_its_password_alone);
    TEST(a23_nobodys_password_costs_what_somebodys_does);
    TEST(it_has_nothing_of_the_server);
    TEST(one_that_is_gone_says_so);
    TEST(signals_of_the_terminal_do_not_end_it);
    return test_end();
}
