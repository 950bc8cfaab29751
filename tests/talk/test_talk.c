// Runs the conversation scripts of this folder in process: each with its lines whole, and then
// with every byte arriving on its own, which makes no difference (design invariant 6).
#include "support/talk.h"
#include "support/talk_core.h"
#include "support/test.h"

#include <unistd.h>

static void run_script(const char *path)
{
    talk_core_run(path, SIZE_MAX);
    talk_core_run(path, 1);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    talk_run_all(run_script);
    int status = test_end();
    if (status) {
        fflush(stdout);
        _exit(status); // what a failed script leaves behind is no leak
    }
    return status;
}
