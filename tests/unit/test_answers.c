// What each command gives for what it costs to send: bytes out per byte in, and that no command
// gives more than its share in no time, however often it is sent.
#include "base/must.h"
#include "chat/core.h"
#include "protocol/irc.h"
#include "protocol/irc_commands.h"
#include "protocol/plain.h"
#include "store/store_memory.h"
#include "support/fake_net.h"
#include "support/test.h"

enum {
    CROWD = 200,
    ROOMS = 90,
    MESSAGES = 300,
    SHARE = 16384,         // bytes a second, and at once
    PIECE_MAX = 32 * 1024, // what one step of an answer may have above that
    TIMES = 60,
    TICK_MS = 1000,
    LONG_MS = 900 * 1000,
};

struct rig {
    struct fake_net *net;
    struct store *store;
    struct core *core;
    struct moment now;
    struct fake_conn *asker;
    size_t bytes; // that the asker was sent
    uint16_t port;
};

// What asks for most: #lobby is full and has a history, #room-00 to 89 have topics.
struct question {
    const char *name;
    const char *line;
};

static const struct question plain_questions[] = {
    {"/pm", "/pm person_001_of_a_long_name hello"},
    {"/list", "/list"},
    {"/me", "/me waves"},
    {"/nick", "/nick Somebody"},
    {"/join", "/join #room-01"},
    {"/part", "/part #lobby"},
    {"/room", "/room #lobby"},
    {"/rooms", "/rooms"},
    {"/topic", "/topic"},
    {"/invite", "/invite person_001_of_a_long_name"},
    {"/history", "/history 500"},
    {"/search", "/search harbour"},
    {"/whois", "/whois person_001_of_a_long_name"},
    {"/away", "/away"},
    {"/ignore", "/ignore person_001_of_a_long_name"},
    {"/time", "/time utc"},
    {"/register", "/register short"},
    {"/login", "/login wrong password"},
    {"/logout", "/logout"},
    {"/password", "/password a b"},
    {"/help", "/help"},
    {"/quit", "/quit"},
    {NULL, NULL},
};

static const struct question irc_questions[] = {
    {"CAP", "CAP LS 302"},
    {"NICK", "NICK asker2"},
    {"USER", "USER a 0 * :a"},
    {"PASS", "PASS x"},
    {"AUTHENTICATE", "AUTHENTICATE PLAIN"},
    {"REGISTER", "REGISTER * * short"},
    {"VERIFY", "VERIFY asker 1"},
    {"PING", "PING x"},
    {"PONG", "PONG x"},
    {"QUIT", "QUIT"},
    {"JOIN", "JOIN #room-01,#room-02,#room-03,#room-04,#room-05,#room-06,#room-07,#room-08"},
    {"PART", "PART #room-01"},
    {"TOPIC", "TOPIC #room-01"},
    {"NAMES", "NAMES #lobby,#lobby,#lobby,#lobby,#lobby,#lobby,#lobby,#lobby,#lobby,#lobby"},
    {"INVITE", "INVITE"},
    {"KICK", "KICK #lobby a,b,c,d,e,f,g,h,i,j,k"},
    {"MODE", "MODE #lobby bbbbbbbb"},
    {"RENAME", "RENAME #lobby #lobby2"},
    {"PRIVMSG", "PRIVMSG a,b,c,d,e,f,g,h :x"},
    {"NOTICE", "NOTICE #lobby :x"},
    {"TAGMSG", "TAGMSG #lobby"},
    {"CHATHISTORY", "CHATHISTORY LATEST #lobby * 500"},
    {"REDACT", "REDACT #lobby x"},
    {"BATCH", "BATCH +x draft/multiline #lobby"},
    {"AWAY", "AWAY :gone"},
    {"SETNAME", "SETNAME :Somebody"},
    {"MOTD", "MOTD"},
    {"LUSERS", "LUSERS"},
    {"WHO", "WHO #lobby %tcuihsnfdlaor"},
    {"WHOIS", "WHOIS person_001_of_a_long_name"},
    {"WHOWAS", "WHOWAS departed"},
    {"USERHOST", "USERHOST person_001_of_a_long_name person_002_of_a_long_name "
                 "person_003_of_a_long_name person_004_of_a_long_name person_005_of_a_long_name"},
    {"ISON", "ISON person_001_of_a_long_name person_002_of_a_long_name person_003_of_a_long_name"},
    {"LIST", "LIST"},
    {"MONITOR", "MONITOR S"},
    {"VERSION", "VERSION"},
    {"ISUPPORT", "ISUPPORT"},
    {"TIME", "TIME"},
    {"INFO", "INFO"},
    {"ADMIN", "ADMIN"},
    {"HELP", "HELP"},
    {"HELPOP", "HELPOP"},
    {"STATS", "STATS u"},
    {"LINKS", "LINKS"},
    {"OPER", "OPER a b"},
    {"KILL", "KILL person_001_of_a_long_name"},
    {"WALLOPS", "WALLOPS :x"},
    {"REHASH", "REHASH"},
    {NULL, NULL},
};

enum { NAMES_MAX = 64, NAME_MAX_BYTES = 32 };

// The plain commands, as /help lists them.
static char plain_names[NAMES_MAX][NAME_MAX_BYTES];

static void take_name(struct text line)
{
    struct text word = text_word(&line);
    size_t i = 0;
    while (i < NAMES_MAX && plain_names[i][0] && !text_equal(text_of(plain_names[i]), word)) {
        i++;
    }
    if (i < NAMES_MAX && text_starts(word, TEXT("/"))) {
        snprintf(plain_names[i], NAME_MAX_BYTES, "%.*s", TEXT_ARG(word));
    }
}

static void hear(void *context, void *person, const struct fake_line *line)
{
    struct rig *rig = context;
    if (person) {
        rig->bytes += line->text.len + 2;
        take_name(line->text);
    }
}

static void closed(void *context, void *person, enum close_reason reason)
{
    (void)reason;
    struct rig *rig = context;
    if (person) {
        rig->asker = NULL;
    }
}

static void broken(void *context, const char *what)
{
    (void)context;
    test_fail("fake_net", 0, "%s", what);
}

// Everything that can happen without time passing.
static void settle(struct rig *rig)
{
    for (int i = 0; i < 2000; i++) {
        core_time(rig->core, rig->now);
        fake_net_pump(rig->net);
        core_store_ready(rig->core);
        core_turn_end(rig->core);
    }
}

static void step(struct rig *rig, int64_t ms)
{
    rig->now.mono_ms += ms;
    rig->now.wall_ms += ms;
    for (int i = 0; i < 3; i++) {
        core_time(rig->core, rig->now);
        fake_net_pump(rig->net);
        core_store_ready(rig->core);
        core_turn_end(rig->core);
    }
}

static void pass(struct rig *rig, int64_t ms)
{
    int64_t until_ms = rig->now.mono_ms + ms;
    while (rig->now.mono_ms < until_ms) {
        int64_t wake_ms = core_next_wake(rig->core) - rig->now.mono_ms;
        int64_t left_ms = until_ms - rig->now.mono_ms;
        int64_t tick_ms = wake_ms > 0 && wake_ms < TICK_MS ? wake_ms : TICK_MS;
        step(rig, tick_ms < left_ms ? tick_ms : left_ms);
    }
}

static struct fake_conn *come(struct rig *rig, const struct protocol *protocol, void *person)
{
    struct peer peer = {.address = "192.0.2.7", .port = ++rig->port, .listener_port = 5000};
    return fake_net_connect(rig->net, &peer, protocol, person);
}

static void send(struct rig *rig, struct fake_conn *conn, const char *line)
{
    fake_conn_send(conn, text_of(line), CORE_LINE_WHOLE);
    step(rig, 0);
}

static void rig_init(struct rig *rig)
{
    struct core_config config = {.server_name = "Harbour", .limits = limits_default};
    config.limits.query_bytes_per_s = SHARE;
    *rig = (struct rig){.now = {.mono_ms = 1000, .wall_ms = 1767277815000}};
    struct fake_receiver receiver = {
        .context = rig, .line = hear, .closed = closed, .broken = broken};
    rig->net = fake_net_create(&receiver);
    rig->store = store_memory_create(1 << 20);
    rig->core = core_create(&config, rig->store, fake_net_output(rig->net));
    fake_net_serve(rig->net, rig->core);
    struct fake_conn *host = NULL;
    char line[500];
    for (int i = 0; i < CROWD; i++) {
        struct fake_conn *conn = come(rig, &plain_protocol, NULL);
        snprintf(line, sizeof line, "person_%03d_of_a_long_name", i);
        send(rig, conn, line);
        host = host ? host : conn;
    }
    memset(line, 'x', 390);
    memcpy(line, "harbour ", 8);
    line[390] = '\0';
    for (int i = 0; i < MESSAGES; i++) {
        send(rig, host, line);
    }
    for (int i = 0; i < ROOMS; i++) {
        char text[480];
        snprintf(text, sizeof text, "/join #room-%02d", i);
        send(rig, host, text);
        snprintf(text, sizeof text, "/topic %.380s", line);
        send(rig, host, text);
        send(rig, host, line);
        pass(rig, 10000);
    }
}

static void rig_finish(struct rig *rig)
{
    core_shut_down(rig->core);
    settle(rig);
    check(core_is_empty(rig->core));
    core_destroy(rig->core);
    store_destroy(rig->store);
    fake_net_destroy(rig->net);
}

static void asker_comes(struct rig *rig, bool irc)
{
    rig->asker = come(rig, irc ? &irc_protocol : &plain_protocol, rig);
    if (irc) {
        send(rig, rig->asker, "CAP REQ :draft/chathistory batch server-time message-tags");
        send(rig, rig->asker, "NICK asker");
        send(rig, rig->asker, "USER a 0 * :a");
        send(rig, rig->asker, "CAP END");
        send(rig, rig->asker, "JOIN #lobby");
    } else {
        send(rig, rig->asker, "asker");
    }
    pass(rig, LONG_MS);
    rig->bytes = 0;
}

static void asker_goes(struct rig *rig)
{
    if (rig->asker) {
        fake_conn_vanish(rig->asker, CLOSE_LOST);
        rig->asker = NULL;
    }
    pass(rig, LONG_MS);
}

static size_t answer_bytes(struct rig *rig, bool irc, const char *line)
{
    asker_comes(rig, irc);
    send(rig, rig->asker, line);
    pass(rig, LONG_MS);
    size_t bytes = rig->bytes;
    asker_goes(rig);
    return bytes;
}

// What comes at once when the line is sent many times; `later` is set to what has come in the end.
static size_t at_once_bytes(struct rig *rig, bool irc, const char *line, size_t *later)
{
    asker_comes(rig, irc);
    for (int i = 0; i < TIMES && rig->asker; i++) {
        send(rig, rig->asker, line);
    }
    settle(rig);
    size_t bytes = rig->bytes;
    pass(rig, LONG_MS);
    *later = rig->bytes;
    asker_goes(rig);
    return bytes;
}

// What to ask a command: what is in the table, or at least something.
static const char *line_for(const struct question *questions, struct text name)
{
    static char line[64];
    while (questions->name && !text_equal(text_of(questions->name), name)) {
        questions++;
    }
    snprintf(line, sizeof line, "%.*s #lobby 1 2", TEXT_ARG(name));
    return questions->name ? questions->line : line;
}

// Returns whether the command would give more than its share if it were not charged.
static bool ask(struct rig *rig, bool irc, const char *line)
{
    size_t cost = strlen(line) + 2;
    size_t bytes = answer_bytes(rig, irc, line);
    size_t later;
    size_t at_once = at_once_bytes(rig, irc, line, &later);
    printf("# %-28.28s %4zu bytes in, %6zu out: %4zu for one; %d times %7zu, %6zu at once\n", line,
           cost, bytes, bytes / cost, TIMES, later, at_once);
    if (at_once > SHARE + PIECE_MAX) {
        test_fail(__FILE__, __LINE__, "%s gives %zu bytes at once", line, at_once);
    }
    if (later <= SHARE + PIECE_MAX) {
        return false;
    }
    check(later >= (TIMES - 1) * bytes); // nothing is left out
    return true;
}

static void a33_plain_commands_give_no_more_than_their_share(void)
{
    struct rig rig;
    size_t charged = 0;
    rig_init(&rig);
    ask(&rig, false, "/help");
    check(plain_names[20][0]);
    for (size_t i = 0; i < NAMES_MAX && plain_names[i][0]; i++) {
        charged += ask(&rig, false, line_for(plain_questions, text_of(plain_names[i])));
    }
    check(charged >= 4);
    rig_finish(&rig);
}

static void a33_irc_commands_give_no_more_than_their_share(void)
{
    struct rig rig;
    size_t charged = 0;
    rig_init(&rig);
    for (const struct irc_row *row = irc_row_next(NULL); row; row = irc_row_next(row)) {
        charged += ask(&rig, true, line_for(irc_questions, row->name));
    }
    check(charged >= 4);
    rig_finish(&rig);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a33_plain_commands_give_no_more_than_their_share);
    TEST(a33_irc_commands_give_no_more_than_their_share);
    return test_end();
}
