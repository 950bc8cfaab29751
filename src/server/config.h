// What hobnobd is told: the defaults, then the configuration file, then the options.
#pragma once
#include "base/buf.h"
#include "chat/core.h"
#include "net/net.h"
#include "server/flood_setting.h"
#include "server/settings.h"

enum {
    CONFIG_BYTES_MAX = 1024 * 1024, // of a configuration file
    CONFIG_WHY_MAX = 128 * 1024,    // of all that is wrong with it
};

enum console_mode { CONSOLE_AUTO, CONSOLE_CHAT, CONSOLE_LOG, CONSOLE_QUIET };

struct list {
    char **at;
    size_t count;
};

// A text file, and what stood in it when the configuration was read; both NULL: none.
struct file_setting {
    char *path;
    char *lines; // each ended by LF
};

enum origin_kind { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_OPTION };

// Where a setting's value comes from.
struct origin {
    enum origin_kind kind;
    int line; // ORIGIN_FILE
};

struct config {
    char *file; // NULL: none
    struct list listen;
    uint32_t port; // of the two default listeners
    char *name;
    char *description; // NULL: none; so are those below
    char *network;
    struct file_setting motd;
    struct list admin;
    char *password;
    struct list operators;
    struct server_info info; // made of the seven above; without `started`
    char *data;              // empty: not known
    bool ephemeral;
    int console;         // enum console_mode
    uint32_t free_bytes; // of the disk, below which guests' messages are refused
    uint32_t io_threads;
    struct list no_limits_for;
    struct list proxy_from;
    struct list web_origins;
    struct access access;
    struct tls_setting {
        char *certificate; // NULL: the server makes its own
        char *key;         // NULL: none, with it
        uint32_t sts_port; // 0: strict transport security is not asked for
        uint32_t sts_duration_s;
    } tls;
    struct flood_setting flood;
    struct limits limits;
    struct net_limits net;
    struct origin origins[SETTINGS_MAX];
};

// A value given as an option.
struct given {
    const struct setting *setting;
    const char *value;
};

// Builds a whole configuration: `file` may be NULL. False and what is wrong in `why`, a sentence a
// line (with file and line where there is one); `c` then holds nothing.
bool config_build(struct config *c, const char *file, const struct given *given, size_t given_count,
                  struct buf *why);
void config_finish(struct config *c);

// Where the server is to listen, as URIs; the caller frees the list. `defaults` (may be
// NULL) says whether it holds, at its end, the two default listeners.
struct list config_listeners(const struct config *c, bool *defaults);

// Appends every setting in the form of the configuration file, with where it comes from.
void config_print(const struct config *c, struct buf *out);

void list_add(struct list *list, struct text item);
void list_finish(struct list *list);
bool list_equal(const struct list *a, const struct list *b);
