// A hobnobd of a test's own, and what the system says of it.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct served {
    pid_t pid;
    uint16_t port; // on 127.0.0.1
};

// The program to run: HOBNOBD, or the one in the build folder that `test_program` lies in.
const char *served_program(const char *test_program);
// Starts it, listening on a free port of 127.0.0.1, with `arguments` up to NULL, and waits until
// it answers. False if it does not; its standard error is the test's own.
bool served_start(struct served *served, const char *program, const char *const *arguments);
// kill -9.
void served_kill(struct served *served);
// Asks it to stop and waits. Returns its exit status, or 128 + the signal that ended it.
int served_stop(struct served *served);

struct served_figures {
    double cpu_s;       // of all its threads, user and system
    long anonymous_kib; // RssAnon: memory of its own that is present
    long peak_kib;      // VmHWM: the most that was present at once, files included
    int descriptors;
    int threads;
};
struct served_figures served_figures(pid_t pid);
// Prints the CPU seconds of each thread since it started, as figures.
void served_print_threads(pid_t pid);

// A folder of the test's own under TMPDIR, as mkdtemp() makes it.
void folder_make(char path[256]);
// Removes it with the files in it.
void folder_remove(const char *path);
// As many descriptors as the system allows; returns how many.
long descriptors_raise(void);
