// hobnobctl: looks after a hobnobd from a shell.
#include "control/commands.h"

int main(int argc, char **argv)
{
    struct options options;
    struct buf message;
    buf_init(&message, 16 * 1024);
    enum options_result result = options_parse(argc, argv, &options, &message);
    int status = result == OPTIONS_BAD ? EXIT_STATUS_USAGE : 0;
    if (message.len) {
        fwrite(message.at, 1, message.len, result == OPTIONS_BAD ? stderr : stdout);
    }
    if (result == OPTIONS_RUN) {
        status = commands_run(&options);
    }
    buf_finish(&message);
    options_finish(&options);
    return status;
}
