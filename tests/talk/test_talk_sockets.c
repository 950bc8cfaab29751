// Runs the conversation scripts of this folder over TCP against the built hobnobd, each with a
// server of its own. Scripts that need a fake clock, a store that fails and the like are named
// with their reason.
#include "support/served.h"
#include "support/talk.h"
#include "support/talk_sockets.h"
#include "support/test.h"

#include <unistd.h>

static const char *program;

static void run_script(const char *path)
{
    char *reason = talk_in_process(path);
    if (reason) {
        static char kept[256];
        snprintf(kept, sizeof kept, "in process only: %s", reason);
        free(reason);
        test_skip(kept);
    }
    talk_sockets_run(path, program);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    program = served_program(argv[0]);
    talk_run_all(run_script);
    int status = test_end();
    if (status) {
        fflush(stdout);
        _exit(status); // what a failed script leaves behind is no leak
    }
    return status;
}
