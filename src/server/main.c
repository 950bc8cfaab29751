// hobnobd: the chat server.
#include "base/version.h"
#include "server/credential.h"
#include "server/server.h"

static int check(const struct options *o, struct buf *out)
{
    struct config config;
    struct buf why;
    buf_init(&why, CONFIG_WHY_MAX);
    bool built = config_build(&config, o->config_file, o->given, o->given_count, &why);
    bool usable = built && credential_check(&config, &why);
    if (usable) {
        config_print(&config, out);
    } else {
        fprintf(stderr, "%.*s\n", TEXT_ARG(buf_text(&why)));
    }
    if (built) {
        config_finish(&config);
    }
    buf_finish(&why);
    return usable ? 0 : EXIT_STATUS_CONFIG;
}

static int act(const struct options *o, struct buf *out)
{
    switch (o->wish) {
    case OPTIONS_RUN:
        return server_run(o);
    case OPTIONS_CHECK:
        return check(o, out);
    case OPTIONS_HELP:
        options_help(out);
        return 0;
    case OPTIONS_VERSION:
        buf_add(out, TEXT("hobnobd " HOBNOB_VERSION "\n"));
        return 0;
    case OPTIONS_WRONG:
        break;
    }
    return EXIT_STATUS_USAGE;
}

int main(int argc, char **argv)
{
    struct buf why, out;
    buf_init(&why, 4096);
    buf_init(&out, 1024 * 1024);
    struct options options;
    options_parse(&options, argc, argv, &why);
    if (options.wish == OPTIONS_WRONG) {
        fprintf(stderr, "%.*s\n", TEXT_ARG(buf_text(&why)));
    }
    int status = act(&options, &out);
    if (out.len && (fwrite(out.at, 1, out.len, stdout) != out.len || fflush(stdout) != 0)) {
        status = EXIT_STATUS_UNAVAILABLE;
    }
    buf_finish(&why);
    buf_finish(&out);
    options_finish(&options);
    return status;
}
