#include "client/client.h"

int main(int argc, char **argv)
{
    struct options options;
    struct buf message;
    buf_init(&message, 8 * 1024);
    enum options_result result = options_parse(argc, argv, &options, &message);
    if (message.len) {
        fwrite(message.at, 1, message.len, result == OPTIONS_BAD ? stderr : stdout);
    }
    buf_finish(&message);
    if (result == OPTIONS_TALK) {
        return client_run(&options);
    }
    return result == OPTIONS_BAD ? 2 : 0;
}
