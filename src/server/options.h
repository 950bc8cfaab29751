// The command line of hobnobd.
#pragma once
#include "server/config.h"

enum options_wish {
    OPTIONS_RUN,
    OPTIONS_CHECK,   // --check-config
    OPTIONS_HELP,    // --help
    OPTIONS_VERSION, // --version
    OPTIONS_WRONG,   // wrong usage
};

struct options {
    enum options_wish wish;
    bool verbose;
    const char *config_file; // NULL: none
    struct given *given;     // settings given as options, in their order
    size_t given_count;
};

// Reads the command line; values are checked, and point into `argv`. With OPTIONS_WRONG, `why`
// gets a sentence that says what would be right.
void options_parse(struct options *o, int argc, char **argv, struct buf *why);
void options_finish(struct options *o);

// Appends the text of --help.
void options_help(struct buf *out);
