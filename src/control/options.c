#include "control/options.h"

#include "base/data_folder.h"
#include "base/version.h"
#include "control/commands.h"

#include <getopt.h>

enum option_key { KEY_DATA = 1, KEY_JSON, KEY_HELP, KEY_VERSION };

static const struct option long_options[] = {
    {"data", required_argument, NULL, KEY_DATA},
    {"json", no_argument, NULL, KEY_JSON},
    {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},
    {NULL, 0, NULL, 0},
};

static void help(struct buf *message)
{
    buf_add(message, TEXT("Usage: hobnobctl [options] command\n"
                          "\n"
                          "Looks after the hobnobd that runs on this machine.\n"
                          "\n"));
    commands_help(message);
    buf_add(message, TEXT("\n"
                          "  --data DIR   the server's data folder, where it is not the usual one\n"
                          "  --json       print JSON, one object a line\n"
                          "  --help       print this and exit\n"
                          "  --version    print the version and exit\n"));
}

static enum options_result bad(int found, char **argv, struct buf *message)
{
    const char *given = argv[optind - 1];
    if (found == ':') {
        buf_printf(message, "%.60s needs a value. hobnobctl --help says which.\n", given);
    } else {
        buf_printf(message, "There is no option %.60s. hobnobctl --help lists them.\n", given);
    }
    return OPTIONS_BAD;
}

static enum options_result take(int key, struct options *options, struct buf *message)
{
    switch (key) {
    case KEY_DATA:
        free(options->data);
        options->data = text_copy(text_of(optarg));
        return OPTIONS_RUN;
    case KEY_JSON:
        options->json = true;
        return OPTIONS_RUN;
    case KEY_HELP:
        help(message);
        return OPTIONS_EXPLAIN;
    default:
        buf_add(message, TEXT("hobnobctl " HOBNOB_VERSION "\n"));
        return OPTIONS_EXPLAIN;
    }
}

enum options_result options_parse(int argc, char **argv, struct options *options,
                                  struct buf *message)
{
    *options = (struct options){.data = data_folder_standard()};
    int key;
    opterr = 0;
    optind = 0; // start over: tests parse more than once
    // The + ends the options at the first word: what follows belongs to the command.
    while ((key = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
        enum options_result result =
            key == ':' || key == '?' ? bad(key, argv, message) : take(key, options, message);
        if (result != OPTIONS_RUN) {
            return result;
        }
    }
    options->words = argv + optind;
    options->count = argc - optind;
    if (options->count == 0) {
        help(message);
        return OPTIONS_BAD;
    }
    if (!*options->data) {
        buf_add(message, TEXT("Name the server's data folder with --data.\n"));
        return OPTIONS_BAD;
    }
    return OPTIONS_RUN;
}

void options_finish(struct options *options)
{
    free(options->data);
}
