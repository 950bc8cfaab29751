#include "support/fuzz_world.h"

#include "base/must.h"
#include "store/store_memory.h"
#include "support/fake_net.h"
#include "wire/framer.h"

enum { STORE_BYTES = 64 * 1024, TURNS_MAX = 100000 };

enum action { SEND, SEND_AND_PAUSE, STOP_SENDING, VANISH, STOP_READING, READ, PASS, TURN, ACTIONS };

struct peer_side {
    const struct fuzz_peer_kind *kind;
    struct fake_conn *conn;
    struct framer framer;
    bool over;
};

struct world {
    const struct fuzz_kind *kind;
    struct fake_net *net;
    struct store *store;
    struct core *core;
    struct moment now;
    struct peer_side peers[FUZZ_PEERS];
};

static void hear(void *context, void *person, const struct fake_line *line)
{
    struct world *w = context;
    const struct peer_side *side = person;
    must(side->conn);
    if (w->kind->line) {
        w->kind->line((size_t)(side - w->peers), line->text);
    }
}

static void closed(void *context, void *person, enum close_reason reason)
{
    (void)context;
    (void)reason;
    ((struct peer_side *)person)->conn = NULL;
}

static void broken(void *context, const char *what)
{
    (void)context;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void turn(struct world *w)
{
    core_time(w->core, w->now);
    fake_net_pump(w->net);
    core_store_ready(w->core);
    core_turn_end(w->core);
}

static void pass(struct world *w, int64_t ms)
{
    w->now.mono_ms += ms;
    w->now.wall_ms += ms;
}

static void take_lines(struct peer_side *side)
{
    static const enum core_line hows[] = {[FRAMED_LINE] = CORE_LINE_WHOLE,
                                          [FRAMED_PAUSED] = CORE_LINE_PAUSED,
                                          [FRAMED_TOO_LONG] = CORE_LINE_TOO_LONG};
    for (struct fake_conn *conn = side->conn; conn; conn = side->conn) {
        struct text line;
        enum framed framed = framer_next(&side->framer, &line);
        if (framed == FRAMED_NOTHING) {
            return;
        }
        if (framed == FRAMED_ENDLESS) {
            fake_conn_vanish(conn, CLOSE_LINE_ENDLESS);
            side->conn = NULL;
            return;
        }
        fake_conn_send(conn, line, hows[framed]);
    }
}

// Takes the bytes up to and with LF.
static struct text take_text(struct text *input)
{
    size_t end = text_find(*input, '\n');
    struct text text = text_head(*input, end + 1);
    *input = text_skip(*input, end + 1);
    return text;
}

static void send_bytes(struct peer_side *side, struct text text, bool pause)
{
    if (side->over) {
        return;
    }
    framer_feed(&side->framer, text);
    take_lines(side);
    if (pause && side->conn && !side->kind->is_irc) {
        framer_pause(&side->framer);
        take_lines(side);
    }
}

static void connect_peer(struct world *w, size_t i)
{
    struct peer_side *side = &w->peers[i];
    struct peer peer = {.address = "127.0.0.1",
                        .port = (uint16_t)(50000 + i),
                        .listener_port = 12345,
                        .loopback = true};
    framer_finish(&side->framer);
    framer_init(&side->framer, side->kind->line_bytes, !side->kind->is_irc);
    side->over = false;
    side->conn = fake_net_connect(w->net, &peer, side->kind->protocol, side);
    if (w->kind->greeting) {
        send_bytes(side, w->kind->greeting(i), false);
    }
}

static void stop_sending(struct peer_side *side)
{
    if (side->over) {
        return;
    }
    framer_end(&side->framer);
    take_lines(side);
    side->over = true;
    if (side->conn) {
        fake_conn_stop_sending(side->conn);
    }
}

static void vanish(struct peer_side *side)
{
    struct fake_conn *conn = side->conn;
    side->conn = NULL;
    fake_conn_vanish(conn, CLOSE_LOST);
}

static void step(struct world *w, struct text *input)
{
    uint8_t choice = (uint8_t)*input->at;
    *input = text_skip(*input, 1);
    struct peer_side *side = &w->peers[choice % FUZZ_PEERS];
    enum action action = (enum action)(choice / FUZZ_PEERS % ACTIONS);
    if (!side->conn) {
        connect_peer(w, choice % FUZZ_PEERS);
    }
    switch (action) {
    case SEND:
        send_bytes(side, take_text(input), false);
        break;
    case SEND_AND_PAUSE: {
        struct text text = take_text(input);
        send_bytes(side, text_head(text, text.len ? text.len - 1 : 0), true);
        break;
    }
    case STOP_SENDING:
        stop_sending(side);
        break;
    case VANISH:
        vanish(side);
        break;
    case STOP_READING:
        fake_conn_stop_reading(side->conn, choice);
        break;
    case READ:
        fake_conn_read_again(side->conn);
        break;
    case PASS:
        pass(w, choice * 4);
        turn(w);
        break;
    default:
        turn(w);
    }
}

static void go_home(struct world *w)
{
    for (size_t i = 0; i < FUZZ_PEERS; i++) {
        if (w->peers[i].conn) {
            vanish(&w->peers[i]);
        }
    }
    for (int turns = 0; turns == 0 || !core_is_empty(w->core); turns++) {
        must(turns < TURNS_MAX);
        pass(w, 100);
        turn(w);
    }
    must(fake_net_conn_count(w->net) == 0 && fake_net_feed_count(w->net) == 0);
    must(core_users_online(w->core) == 0);
}

void fuzz_world_run(const struct fuzz_kind *kind, struct text input)
{
    struct world w = {.kind = kind, .now = {.mono_ms = 1000000, .wall_ms = 1767277815000}};
    struct fake_receiver receiver = {
        .context = &w, .line = hear, .closed = closed, .broken = broken};
    struct core_config config = {
        .server_name = "Harbour", .info = kind->info, .limits = limits_default};
    w.net = fake_net_create(&receiver);
    w.store = store_memory_create(STORE_BYTES);
    w.core = core_create(&config, w.store, fake_net_output(w.net));
    fake_net_serve(w.net, w.core);
    core_time(w.core, w.now);
    for (size_t i = 0; i < FUZZ_PEERS; i++) {
        w.peers[i].kind = &kind->peers[i];
        connect_peer(&w, i);
    }
    while (input.len) {
        step(&w, &input);
    }
    go_home(&w);
    for (size_t i = 0; i < FUZZ_PEERS; i++) {
        framer_finish(&w.peers[i].framer);
    }
    core_destroy(w.core);
    store_destroy(w.store);
    fake_net_destroy(w.net);
}
