#include "server/server.h"

#include "base/hash.h"
#include "base/must.h"
#include "server/applying.h"
#include "server/banner.h"
#include "server/core_thread.h"
#include "server/credential.h"
#include "server/hasher.h"
#include "server/host_addresses.h"
#include "server/listening.h"
#include "server/securing.h"
#include "server/stop_limit.h"
#include "server/store_wake.h"
#include "server/tasks.h"
#include "server/wiring.h"
#include "store/store_memory.h"
#include "store/store_sqlite.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    EPHEMERAL_BYTES_MAX = 256 * 1024 * 1024,
    CLOSE_MS = 10000, // for the disk to take what is left, once nobody is connected any more
};

static void process_prepare(void)
{
    signal(SIGPIPE, SIG_IGN);
    umask(077);
    tzset();
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    unsigned char key[16];
    hash_key_random(key);
    hash_key_set(key);
}

// The store makes the data folder itself; this makes those above it.
static void parents_make(const char *folder)
{
    char *path = text_copy(text_of(folder));
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700); // a failure shows when the store is opened
        *slash = '/';
    }
    free(path);
}

static bool store_open(struct server *s, struct buf *why)
{
    if (s->config.ephemeral) {
        s->store = store_wake_create(store_memory_create(EPHEMERAL_BYTES_MAX), core_thread_wake,
                                     s->thread);
        return true;
    }
    parents_make(s->config.data);
    struct store_sqlite_options options = {
        .folder = s->config.data, .wake = core_thread_wake, .wake_context = s->thread};
    struct store_sqlite_error error;
    s->store = store_sqlite_open(&options, &error);
    if (!s->store) {
        buf_add(why, text_of(error.sentence));
    }
    return s->store != NULL;
}

static void net_make(struct server *s)
{
    struct net_config config = applying_net(s, &s->config);
    s->net = net_create(&config);
    applying_net_finish(&config);
}

static void core_make(struct server *s)
{
    struct core_config config = applying_core(s);
    s->core = core_create(&config, s->store, &s->output);
    applying_floods(s);
}

static void banner_show(struct server *s)
{
    struct list addresses = {0};
    host_addresses_list(&addresses);
    struct banner banner = {.listeners = s->listeners,
                            .listener_count = s->listener_count,
                            .addresses = (const char *const *)addresses.at,
                            .address_count = addresses.count,
                            .served = applying_served(&s->config)};
    struct buf out;
    buf_init(&out, 65536);
    banner_format(&banner, &out);
    console_block(s->console, buf_text(&out));
    buf_finish(&out);
    list_finish(&addresses);
}

static void listeners_log(struct server *s)
{
    for (size_t i = 0; i < s->listener_count; i++) {
        struct buf line;
        buf_init(&line, 1024);
        banner_listener(&s->listeners[i], applying_served(&s->config), &line);
        buf_add(&line, s->listeners[i].protocol == WIRE_RELAY ? TEXT(" (relay)") : TEXT(""));
        struct text text = buf_text(&line);
        console_note(s->console, LOG_INFO, "listening", "%.*s", TEXT_ARG(text));
        buf_finish(&line);
    }
}

// What is in memory only has no owner to remember.
static void claim_offer(struct server *s)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    unsigned char random[16];
    char code[sizeof random + 1] = "";
    if (s->config.ephemeral || core_has_owner(s->core)) {
        return;
    }
    hash_key_random(random);
    for (size_t i = 0; i < sizeof random; i++) {
        code[i] = letters[random[i] % (sizeof letters - 1)];
    }
    core_offer_claim(s->core, text_of(code));
    console_note(s->console, LOG_INFO, "unclaimed",
                 "Nobody owns this server yet: register a name, then type /claim %s", code);
}

static void started_say(struct server *s)
{
    if (console_mode_choose(s->config.console) == CONSOLE_CHAT) {
        banner_show(s);
    } else {
        listeners_log(s);
    }
    securing_say(s);
    claim_offer(s);
}

// Ports are taken before the data folder is made, so that a port in use leaves nothing behind.
static int server_start(struct server *s, struct buf *why)
{
    if (!s->config.ephemeral && !*s->config.data) {
        buf_add(why, TEXT("There is no home folder to keep messages in: name a folder with "
                          "--data, or keep nothing with --ephemeral."));
        return EXIT_STATUS_CONFIG;
    }
    s->thread = core_thread_create(s);
    s->tasks = tasks_create(s, core_thread_loop(s->thread));
    net_make(s);
    if (!listening_open(s, why) || !store_open(s, why)) {
        return EXIT_STATUS_UNAVAILABLE;
    }
    int status = securing_start(s, why);
    if (status != 0) {
        return status;
    }
    listening_open_control(s);
    core_make(s);
    core_thread_heed_signals(s->thread);
    net_start(s->net);
    started_say(s);
    return 0;
}

static void summary_log(const struct server *s)
{
    struct buf line;
    buf_init(&line, 2048);
    metrics_print(&s->metrics, clock_now(), &line);
    struct text text = buf_text(&line);
    log_line(LOG_INFO, "stopped", "%.*s", TEXT_ARG(text));
    buf_finish(&line);
}

static void late(void *context)
{
    struct server *s = context;
    static const char stuck[] =
        "The disk has not answered for 10 s, so the server ends without it.";
    if (s->unsaved) {
        console_note(s->console, LOG_ERROR, "stop_stuck",
                     "%s The last %zu messages may be lost; nobody has been shown them.", stuck,
                     s->unsaved);
    } else {
        console_note(s->console, LOG_ERROR, "stop_stuck", "%s All that was said is kept.", stuck);
    }
    console_destroy(s->console);
    _exit(EXIT_STATUS_STUCK);
}

// The console goes last, so that what the others log stops nobody.
static void server_finish(struct server *s, bool ran)
{
    s->unsaved = s->core ? core_uncommitted(s->core) : 0;
    struct stop_limit *limit = stop_limit_begin(CLOSE_MS, late, s);
    tasks_destroy(s->tasks);
    // A store that does not answer may leave sessions behind; then so is the core.
    if (s->core && core_is_empty(s->core)) {
        core_destroy(s->core);
    }
    net_destroy(s->net);
    store_destroy(s->store);
    stop_limit_end(limit);
    credential_destroy(s->securing.credential);
    if (ran && console_mode_choose(s->config.console) == CONSOLE_LOG) {
        summary_log(s);
    }
    console_destroy(s->console);
    core_thread_destroy(s->thread);
    hash_processes_destroy(s->hash_processes);
    free(s->listeners);
}

bool server_is_orphaned(const struct server *s)
{
    return s->terminal && !isatty(STDOUT_FILENO);
}

void server_status(struct server *s)
{
    struct buf line;
    buf_init(&line, 2048);
    buf_printf(&line, "connections=%zu users=%zu ", net_connections(s->net),
               core_users_online(s->core));
    metrics_print(&s->metrics, clock_now(), &line);
    console_trace(s->console, buf_text(&line));
    buf_finish(&line);
    net_ask_status(s->net);
}

void server_stop(struct server *s)
{
    console_note(s->console, LOG_INFO, "stopping", "The server is shutting down.");
    net_stop_listening(s->net);
    tasks_stop(s->tasks);
    core_shut_down(s->core);
}

static int server_live(struct server *s, struct buf *why)
{
    process_prepare();
    s->hash_processes = hash_processes_create(hasher_at_once()); // before there are threads
    applying_log(s->options, &s->config);
    enum console_mode mode = console_mode_choose(s->config.console);
    s->console = console_create(mode);
    s->began = clock_now();
    s->metrics.started_ms = s->began.mono_ms;
    wiring_connect(s);
    int status = server_start(s, why);
    if (status == 0) {
        core_thread_run(s->thread);
    }
    server_finish(s, status == 0);
    return status;
}

static bool configs_build(struct server *s, struct buf *why)
{
    const struct options *o = s->options;
    if (!config_build(&s->config, o->config_file, o->given, o->given_count, why)) {
        return false;
    }
    // The same once more: what SIGHUP changes is compared with it.
    if (!config_build(&s->started, o->config_file, o->given, o->given_count, why)) {
        config_finish(&s->config);
        return false;
    }
    return true;
}

int server_run(const struct options *options)
{
    struct server *s = mem_alloc(sizeof *s);
    s->options = options;
    s->terminal = isatty(STDOUT_FILENO);
    struct buf why;
    buf_init(&why, CONFIG_WHY_MAX);
    int status = EXIT_STATUS_CONFIG;
    if (configs_build(s, &why)) {
        status = server_live(s, &why);
        config_finish(&s->config);
        config_finish(&s->started);
    }
    if (status != 0) {
        fprintf(stderr, "%.*s\n", TEXT_ARG(buf_text(&why)));
    }
    buf_finish(&why);
    free(s);
    return status;
}
