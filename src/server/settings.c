#include "server/settings.h"

#include "base/must.h"
#include "server/config.h"
#include "server/setting_valid.h"
#include "store/store.h"
#include "wire/detect.h"

static const char *const always_on_words[] = {"asked", "nobody", "everybody", NULL};
static const char *const registration_words[] = {"open", "inside", "invite", "closed", NULL};
static const char *const registration_email_words[] = {"optional", "required", NULL};
static const char *const console_words[] = {"auto", "chat", "log", "quiet", NULL};

#define HERE(member) offsetof(struct config, member)

static const char own_port[] = "the port of the two default listeners, any://0.0.0.0 and "
                               "any://[::]; 0 takes a free one";

// One line for each, so that the list can be read as one.
// clang-format off
#define NUMBER(n, at, def, lo, hi, u, h) \
    {.name = n, .type = SETTING_NUMBER, .standard = def, .min = lo, .max = hi, .unit = u, .offset = HERE(at), .help = h}
#define SIZE(n, at, def, lo, hi, h) \
    {.name = n, .type = SETTING_SIZE, .standard = def, .min = lo, .max = hi, .unit = "bytes", .offset = HERE(at), .help = h}

enum { KIB = 1024, MIB = 1024 * 1024, DAY_MS = 86400000 };

const struct setting settings[] = {
    {.name = "listen", .type = SETTING_LIST, .standard_words = "any:// on port 5000, over IPv4 and IPv6", .unit = "URI",
     .offset = HERE(listen), .use = SETTING_OPTION | SETTING_RESTART, .example = "relay://0.0.0.0:12345",
     .valid = listener_valid, .help = "where to listen: any://, plain://, irc:// or relay:// with address and port, ircs:// or tls+any:// where only TLS may come, http:// or https:// for web clients (IRC over WebSocket), or unix+any:///path"},
    {.name = "port", .type = SETTING_NUMBER, .standard = "5000", .min = 0, .max = 65535, .unit = "",
     .offset = HERE(port), .use = SETTING_OPTION | SETTING_RESTART, .help = own_port},
    {.name = "name", .type = SETTING_TEXT, .standard = "hobnob", .unit = "NAME",
     .offset = HERE(name), .use = SETTING_OPTION, .example = "hobnob", .valid = name_valid,
     .help = "the server's name, which people read when they join"},
    {.name = "description", .type = SETTING_TEXT, .standard_words = "none", .unit = "TEXT",
     .offset = HERE(description), .example = "where room 12 talks", .valid = sentence_valid, .help = "what the server is, in a few words"},
    {.name = "network", .type = SETTING_TEXT, .standard_words = "the server's name", .unit = "NAME",
     .offset = HERE(network), .example = "hobnob", .valid = name_valid, .help = "the network's name, which IRC clients show"},
    {.name = "motd", .type = SETTING_FILE, .standard_words = "none", .unit = "FILE",
     .offset = HERE(motd), .example = "/etc/hobnob/motd", .help = "a text file with the message of the day, read at the start and on SIGHUP"},
    {.name = "admin", .type = SETTING_LIST, .standard_words = "nothing", .unit = "TEXT",
     .offset = HERE(admin), .example = "Ann, ann@example.org", .valid = sentence_valid, .help = "who runs the server and how to reach them, line by line"},
    {.name = "password", .type = SETTING_TEXT, .standard_words = "none", .unit = "PHRASE",
     .offset = HERE(password), .use = SETTING_SECRET, .example = "a long phrase", .valid = password_valid,
     .help = "a phrase needed to get in, at least 8 bytes long: IRC clients give it with PASS, plain people are asked for it after their name, and whoever logs in to an account needs none. Relays are closed while it is set, as nobody can give it there"},
    {.name = "operators", .type = SETTING_LIST, .standard_words = "nobody", .unit = "NAME:PASSWORD",
     .offset = HERE(operators), .use = SETTING_SECRET, .example = "ann:a long phrase", .valid = operator_valid,
     .help = "who may become operator of the server (in IRC with OPER), each as a name, a colon and a password of at least 8 bytes"},
    {.name = "registration", .type = SETTING_WORD, .standard = "open", .unit = "", .words = registration_words,
     .offset = HERE(access.registration),
     .help = "who may register a name: open (anybody), inside (whoever is in), invite (who has an invitation by code), closed (nobody)"},
    {.name = "registration_email", .type = SETTING_WORD, .standard = "optional", .unit = "", .words = registration_email_words,
     .offset = HERE(access.registration_email),
     .help = "whether who registers gives an e-mail address: optional, required; it is kept for whoever runs the server, which sends no mail and does not verify it"},
    {.name = "always_on", .type = SETTING_WORD, .standard = "asked", .unit = "", .words = always_on_words,
     .offset = HERE(access.always_on),
     .help = "which accounts stay in their rooms while nobody is connected under them: nobody, asked (those that ask for it), everybody (those that do not ask not to)"},
    {.name = "require_account", .type = SETTING_SWITCH, .standard = "no", .unit = "", .offset = HERE(access.require_account),
     .help = "let registered people in only"},
    {.name = "clear_passwords", .type = SETTING_SWITCH, .standard = "no", .unit = "", .offset = HERE(access.clear_passwords),
     .help = "take passwords of accounts and operators from other machines without TLS too, for everybody on the way to read"},
    {.name = "scram", .type = SETTING_SWITCH, .standard = "no", .unit = "", .offset = HERE(access.scram),
     .help = "let log in by SASL SCRAM-SHA-256 too, with passwords that were set or used while this is on; what is kept of those is easier to guess for a thief of the database"},
    {.name = "data", .type = SETTING_TEXT, .standard_words = "$XDG_STATE_HOME/hobnob, else ~/.local/state/hobnob", .unit = "DIR",
     .offset = HERE(data), .use = SETTING_OPTION | SETTING_RESTART, .example = "/var/lib/hobnob", .valid = folder_valid,
     .help = "the folder where messages are kept"},
    {.name = "ephemeral", .type = SETTING_SWITCH, .standard = "no", .unit = "",
     .offset = HERE(ephemeral), .use = SETTING_OPTION | SETTING_RESTART,
     .help = "keep messages in memory only and forget them at the end"},
    {.name = "console", .type = SETTING_WORD, .standard = "auto", .unit = "", .words = console_words,
     .offset = HERE(console), .use = SETTING_OPTION,
     .help = "what is printed: chat (all that is said in rooms), log (events, never texts), quiet (trouble only), auto (chat in a terminal, else log)"},
    {.name = "io_threads", .type = SETTING_NUMBER, .standard_words = "one less than there are cores, from 1 to 8", .min = 1, .max = 64, .unit = "threads",
     .offset = HERE(io_threads), .use = SETTING_OPTION | SETTING_RESTART, .help = "threads that read from and write to connections"},
    {.name = "no_limits_for", .type = SETTING_LIST, .standard_words = "nobody", .unit = "ADDRESS[/BITS]",
     .offset = HERE(no_limits_for), .use = SETTING_OPTION, .example = "192.0.2.0/24", .valid = address_valid,
     .help = "addresses for which limits of rate and count do not hold"},
    {.name = "proxy_from", .type = SETTING_LIST, .standard_words = "nobody", .unit = "ADDRESS[/BITS]",
     .offset = HERE(proxy_from), .example = "192.0.2.1", .valid = address_valid,
     .help = "addresses of proxies whose PROXY header (version 1 or 2) is believed"},
    {.name = "web_origins", .type = SETTING_LIST, .standard_words = "none but those of the same host and port", .unit = "ORIGIN",
     .offset = HERE(web_origins), .example = "https://web.example.org", .valid = origin_valid,
     .help = "web pages whose scripts may come in over WebSocket, by their origins as browsers name them; * lets all come"},
    {.name = "tls_certificate", .type = SETTING_TEXT, .standard_words = "one that the server makes and keeps", .unit = "FILE",
     .offset = HERE(tls.certificate), .example = "/etc/hobnob/fullchain.pem", .valid = path_valid,
     .help = "the certificate for TLS and those above it, in PEM form; read again on SIGHUP and when the file changes"},
    {.name = "tls_key", .type = SETTING_TEXT, .standard_words = "that of the server's own certificate", .unit = "FILE",
     .offset = HERE(tls.key), .example = "/etc/hobnob/privkey.pem", .valid = path_valid, .help = "its key, in PEM form"},
    {.name = "sts_port", .type = SETTING_NUMBER, .standard = "0", .standard_words = "0: they are not told to", .min = 0, .max = 65535, .unit = "",
     .offset = HERE(tls.sts_port), .help = "the port where IRC clients are told to use TLS from then on (IRCv3 sts); needs tls_certificate"},
    {.name = "sts_duration_s", .type = SETTING_NUMBER, .standard = "0", .standard_words = "0, which ends what was said before", .min = 0, .max = 2147483647, .unit = "seconds",
     .offset = HERE(tls.sts_duration_s), .help = "for how long they are to remember that"},

    SIZE("message_bytes", limits.message_bytes, "4096", 64, STORE_TEXT_MAX, "the longest message"),
    SIZE("topic_bytes", limits.topic_bytes, "390", 16, 4096, "the longest topic of a room"),
    SIZE("away_bytes", limits.away_bytes, "390", 16, 4096, "the longest text of /away"),
    SIZE("reason_bytes", limits.reason_bytes, "390", 16, 4096, "the longest reason given on leaving"),
    NUMBER("rooms_per_user", limits.rooms_per_user, "100", 1, 10000, "rooms", "rooms that one user may be in at once"),
    NUMBER("rooms", limits.rooms, "100000", 1, 10000000, "rooms", "rooms that there may be"),
    NUMBER("rooms_per_account", limits.rooms_per_account, "100", 0, 10000, "rooms", "rooms that one account may have opened and keep; further ones are forgotten when nobody is in"),
    NUMBER("sessions_per_user", limits.sessions_per_user, "20", 1, 1000, "sessions", "connections that one account may have under one name"),
    NUMBER("always_on_accounts", limits.always_on_accounts, "1000", 0, 1000000, "accounts", "accounts that stay in their rooms while nobody is connected under them"),
    NUMBER("always_on_days", limits.always_on_days, "30", 1, 3650, "days", "days after which an account that nobody has connected under leaves its rooms"),
    NUMBER("mail_per_account", limits.mail_per_account, "1000", 0, 10000, "messages", "private messages that wait for an account while nobody is logged in to it; those of guests may be half of it"),
    NUMBER("mail_per_sender", limits.mail_per_sender, "100", 0, 400, "messages", "private messages of one sender that wait for an account"),
    NUMBER("name_tries", limits.name_tries, "5", 1, 100, "tries", "names that one connection may try"),
    NUMBER("history_on_join", limits.history_on_join, "20", 0, 100, "lines", "lines of history shown on joining a room"),
    NUMBER("history_on_join_irc", limits.history_on_join_irc, "50", 0, 100, "lines", "lines of history that an IRC client without chathistory is sent on joining a channel"),
    NUMBER("history_page", limits.history_page, "500", 1, STORE_PAGE_MESSAGES_MAX, "messages", "messages that one /history or /search may ask for"),
    NUMBER("history_days", limits.history_days, "0", 0, 36500, "days", "for how long messages are kept; 0: for good"),
    NUMBER("history_messages", limits.history_messages, "0", 0, 1000000000, "messages", "messages that are kept of each room and conversation, the newest, and up to 63 more; 0: all"),
    SIZE("history_bytes", limits.history_bytes, "0", 0, 4095u * MIB, "how much of the text of each room and conversation is kept, of the newest messages, and up to 63 messages more; 0: all"),
    {.name = "flood", .type = SETTING_TEXT, .standard = "none", .unit = "NAME", .offset = HERE(flood.standard), .example = "normal", .valid = flood_name_valid,
     .help = "what is too much in rooms whose operators have not chosen: none (nothing), relaxed, normal, strict, or a flood_profile of your own"},
    NUMBER("ignores_per_user", limits.ignores_per_user, "100", 0, 10000, "users", "users that one user may ignore"),
    SIZE("uncommitted_bytes", limits.uncommitted_bytes, "67108864", 1 * MIB, 1024u * MIB, "messages not yet on disk, in all; beyond it reading from the senders stops"),
    SIZE("free_bytes", free_bytes, "268435456", 0, 4095u * MIB, "what the disk has to have left, unless it is more than 5 % of it, or messages of guests are refused; 0 takes them up to the end"),
    SIZE("query_bytes_per_s", limits.query_bytes_per_s, "262144", 1 * KIB, 1024u * MIB, "answers to /history, /search, /list and the like, for each connection and second"),

    NUMBER("failed_logins_per_min", limits.failed_logins_per_min, "3", 1, 60000, "logins", "wrong passwords a minute from one address, before it has to wait"),
    NUMBER("failed_logins_per_hour", limits.failed_logins_per_hour, "10", 1, 3600000, "logins", "wrong passwords an hour for one name, before it has to wait"),
    NUMBER("registrations_per_day", limits.registrations_per_day, "3", 1, 86400000, "names", "names a day that one address may register"),
    NUMBER("password_bytes_min", limits.password_bytes_min, "8", 1, 256, "bytes", "the shortest password of an account"),
    NUMBER("password_bytes_max", limits.password_bytes_max, "256", 8, 1024, "bytes", "the longest password of an account"),

    NUMBER("first_byte_decided_ms", net.first_byte_decided_ms, "10000", 100, DAY_MS, "ms", "time from the first byte to a whole first line"),
    NUMBER("name_ms", net.name_ms, "60000", 1000, DAY_MS, "ms", "time to give a name"),
    SIZE("opening_bytes", net.opening_bytes, "32768", 1 * KIB, 1 * MIB, "what may be sent before a name is given"),
    SIZE("undecided_bytes", net.undecided_bytes, "16384", 512, DETECT_MAX_BYTES, "what may be sent before a name is given with no line end in it"),
    SIZE("line_bytes", net.line_bytes, "4096", 512, 1 * MIB, "the longest line"),
    SIZE("endless_bytes", net.endless_bytes, "1048576", 16 * KIB, 1024u * MIB, "what may come with no line end before the connection is closed"),
    NUMBER("connections_per_address", net.connections_per_address, "256", 1, 10000000, "connections", "connections that one address (of IPv6: one /64) may have"),
    NUMBER("connects_burst", net.connects_burst, "128", 1, 10000000, "connections", "new connections that one address may make at once"),
    NUMBER("connects_per_s", net.connects_per_s, "10", 1, 10000000, "connections", "new connections that it may make in each second after that"),
    NUMBER("lines_burst", net.lines_burst, "10", 1, 10000000, "lines", "lines that one connection may send at once"),
    NUMBER("lines_per_s", net.lines_per_s, "2", 1, 10000000, "lines", "lines that it may send in each second after that; more are read later, and nobody is closed for it"),
    SIZE("line_bytes_burst", net.line_bytes_burst, "16384", 512, 1024u * MIB, "bytes that one connection may send at once"),
    SIZE("line_bytes_per_s", net.line_bytes_per_s, "2048", 64, 1024u * MIB, "bytes that it may send in each second after that"),
    NUMBER("account_rate", net.account_rate, "4", 1, 1000, "times", "how many times as much of these four somebody may send who is logged in to an account"),
    SIZE("backlog_bytes", net.backlog_bytes, "1048576", 16 * KIB, 1024u * MIB, "what a slow reader may leave unread of one room before it skips ahead"),
    NUMBER("backlog_ms", net.backlog_ms, "60000", 1000, DAY_MS, "ms", "how long a slow reader may leave something unread of one room before it skips ahead"),
    SIZE("reply_bytes", net.reply_bytes, "524288", 16 * KIB, 1024u * MIB, "answers that a slow reader may leave unread before it is closed"),
    SIZE("send_buffer_bytes", net.send_buffer_bytes, "65536", 4 * KIB, 16 * MIB, "what the system may hold for one connection that does not read"),
    NUMBER("vanished_ms", net.vanished_ms, "120000", 5000, DAY_MS, "ms", "time after which a peer that acknowledges nothing is gone"),
    NUMBER("linger_ms", net.linger_ms, "5000", 100, 600000, "ms", "time to send what waits to a connection that is being closed"),
    {.name = NULL},
};
// clang-format on

size_t settings_count(void)
{
    size_t count = 0;
    while (settings[count].name) {
        count++;
    }
    must(count <= SETTINGS_MAX);
    return count;
}

size_t setting_index(const struct setting *s)
{
    return (size_t)(s - settings);
}

static char plain_char(char c, bool dashes)
{
    return dashes && c == '-' ? '_' : c;
}

const struct setting *setting_find(struct text name, bool dashes)
{
    for (const struct setting *s = settings; s->name; s++) {
        size_t i = 0;
        while (i < name.len && s->name[i] && plain_char(name.at[i], dashes) == s->name[i]) {
            i++;
        }
        if (i == name.len && !s->name[i]) {
            return s;
        }
    }
    return NULL;
}

enum { LIKE_MAX = 40 };

// Levenshtein's distance; both at most LIKE_MAX long.
static size_t distance(struct text a, const char *b, bool dashes)
{
    size_t row[LIKE_MAX + 1];
    size_t b_len = strlen(b);
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = diagonal + (plain_char(a.at[i - 1], dashes) != b[j - 1]);
            size_t shift = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            diagonal = row[j];
            row[j] = change < shift ? change : shift;
        }
    }
    return row[b_len];
}

const struct setting *setting_like(struct text name, bool dashes)
{
    const struct setting *best = NULL;
    size_t best_distance = 3;
    for (const struct setting *s = settings; s->name && name.len <= LIKE_MAX; s++) {
        size_t d = distance(name, s->name, dashes);
        if (d < best_distance && !(dashes && !(s->use & SETTING_OPTION))) {
            best = s;
            best_distance = d;
        }
    }
    return best;
}
