// The command line of hobnobctl.
#pragma once
#include "base/buf.h"

enum exit_status {
    EXIT_STATUS_REFUSED = 1,
    EXIT_STATUS_USAGE = 2,
    EXIT_STATUS_UNAVAILABLE = 69, // as in sysexits.h
    EXIT_STATUS_NO_PERMISSION = 77,
};

struct options {
    char *data;   // the server's data folder; owned
    bool json;    // what comes is printed as it comes
    char **words; // the command and what belongs to it
    int count;
};

enum options_result { OPTIONS_RUN, OPTIONS_EXPLAIN, OPTIONS_BAD };

// OPTIONS_RUN: there is at least one word. Otherwise `message` gets what is to be printed.
enum options_result options_parse(int argc, char **argv, struct options *options,
                                  struct buf *message);
void options_finish(struct options *options);
