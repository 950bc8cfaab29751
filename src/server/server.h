// The whole server: its parts, and how they start, go on and stop.
#pragma once
#include "server/config.h"
#include "server/console.h"
#include "server/metrics.h"
#include "server/options.h"

enum exit_status {
    EXIT_STATUS_USAGE = 2,
    EXIT_STATUS_UNAVAILABLE = 69,
    EXIT_STATUS_STUCK = 74, // the disk did not let it end
    EXIT_STATUS_CONFIG = 78
};

struct core_thread;
struct credential;
struct hash_processes;
struct tasks;

struct server {
    const struct options *options;
    struct config started; // as it was at the start
    struct config config;  // as it is now
    struct moment began;   // when it started
    bool disk_low;         // the disk is nearly full
    bool terminal;         // standard output was one at the start
    struct metrics metrics;
    struct console *console;
    struct core_thread *thread;
    struct hash_processes *hash_processes;
    struct tasks *tasks;
    struct net *net;
    struct store *store;
    struct core *core;
    size_t unsaved; // when it stopped: messages that the store had not answered
    struct output output;
    struct net_handler handler;
    struct securing {
        struct credential *credential; // NULL: nobody can speak TLS with it
        int64_t warned_s;              // when an ending certificate was last spoken of
    } securing;
    struct listen_uri *listeners; // those that are open
    size_t listener_count;
};

// Runs until it is told to stop. Returns the exit status.
int server_run(const struct options *options);

// The terminal that the server was started in has been closed.
bool server_is_orphaned(const struct server *s);
// Reads the configuration again; false and it stays as it was if that fails. Says so on the
// console, and in `said`.
bool server_reload(struct server *s, struct buf *said);
// Prints one line for each connection, when the I/O threads have answered.
void server_status(struct server *s);
// Accepts nobody more and ends every session.
void server_stop(struct server *s);
