// SASL PLAIN against a server where Ann has an account. After 'p' the bytes are a message, which is
// sent well: it logs in exactly if it says Ann, nobody else, and her password. After anything else
// each line is what one AUTHENTICATE says: whatever came in between, nobody is logged in unless
// pieces in a row are such a message.
#include "base/must.h"
#include "base/utf8.h"
#include "chat/core.h"
#include "chat/name.h"
#include "protocol/irc.h"
#include "protocol/plain.h"
#include "store/store_memory.h"
#include "support/fake_net.h"
#include "wire/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { CHUNK = 400, CHUNKS_MAX = 10, STORE_BYTES = 64 * 1024, LINES_MAX = 32, TURNS = 6 };

#define PASSWORD "correct horse"

struct world {
    struct fake_net *net;
    struct store *store;
    struct core *core;
    struct moment now;
    bool closed;
};

static void hear(void *context, void *person, const struct fake_line *line)
{
    (void)context;
    (void)person;
    (void)line;
}

static void closed(void *context, void *person, enum close_reason reason)
{
    struct world *world = context;
    (void)person;
    (void)reason;
    world->closed = true;
}

static void broken(void *context, const char *what)
{
    (void)context;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void turns(struct world *world)
{
    for (int i = 0; i < TURNS; i++) {
        world->now.mono_ms++;
        world->now.wall_ms++;
        core_time(world->core, world->now);
        fake_net_pump(world->net);
        core_store_ready(world->core);
        core_turn_end(world->core);
    }
}

static struct fake_conn *come(struct world *world, const struct protocol *protocol)
{
    struct peer peer = {.address = "127.0.0.1", .port = 50000, .listener_port = 5000};
    peer.loopback = peer.unlimited = true;
    world->closed = false;
    return fake_net_connect(world->net, &peer, protocol, NULL);
}

static void say(struct world *world, struct fake_conn *conn, struct text line)
{
    if (!world->closed) {
        fake_conn_send(conn, line, CORE_LINE_WHOLE);
        turns(world);
    }
}

static void world_init(struct world *world)
{
    struct core_config config = {.server_name = "Harbour", .limits = limits_default};
    struct fake_receiver receiver = {
        .context = world, .line = hear, .closed = closed, .broken = broken};
    *world = (struct world){.now = {.mono_ms = 1000, .wall_ms = 1767277815000}};
    world->net = fake_net_create(&receiver);
    world->store = store_memory_create(STORE_BYTES);
    world->core = core_create(&config, world->store, fake_net_output(world->net));
    fake_net_serve(world->net, world->core);
    struct fake_conn *ann = come(world, &plain_protocol);
    say(world, ann, TEXT("Ann"));
    say(world, ann, TEXT("/register " PASSWORD));
    must(fake_conn_is_registered(ann));
}

static void world_finish(struct world *world)
{
    core_shut_down(world->core);
    for (int i = 0; i < 10 && !core_is_empty(world->core); i++) {
        turns(world);
    }
    must(core_is_empty(world->core));
    core_destroy(world->core);
    store_destroy(world->store);
    fake_net_destroy(world->net);
}

static bool is_ann(struct text name)
{
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    bool is = name.len <= NAME_BYTES_MAX && utf8_valid(name) && name_fold(name, &key) &&
              text_equal(buf_text(&key), TEXT("ann"));
    buf_finish(&key);
    return is;
}

// Whether the message is one that lets Ann in.
static bool is_right(struct text message)
{
    static const struct text end = TEXT_INIT("\0" PASSWORD);
    size_t at = text_find(message, '\0');
    if (at == message.len || message.len - at < 1 + end.len) {
        return false;
    }
    struct text authzid = text_head(message, at);
    struct text authcid = text_head(text_skip(message, at + 1), message.len - at - 1 - end.len);
    return text_equal(text_skip(message, message.len - end.len), end) && is_ann(authcid) &&
           (authzid.len == 0 || text_equal_nocase(authzid, authcid));
}

static void authenticate(struct world *world, struct fake_conn *conn, struct text piece)
{
    struct buf line;
    buf_init(&line, SIZE_MAX / 4);
    buf_add(&line, TEXT("AUTHENTICATE "));
    buf_add(&line, piece); // it may hold a NUL
    say(world, conn, buf_text(&line));
    buf_finish(&line);
}

static void send_well(struct world *world, struct fake_conn *conn, struct text encoded)
{
    authenticate(world, conn, TEXT("PLAIN"));
    while (encoded.len >= CHUNK) {
        authenticate(world, conn, text_head(encoded, CHUNK));
        encoded = text_skip(encoded, CHUNK);
    }
    authenticate(world, conn, encoded.len ? encoded : TEXT("+"));
}

static void try_message(struct world *world, struct fake_conn *conn, struct text message)
{
    struct buf encoded;
    buf_init(&encoded, SIZE_MAX / 4);
    base64_encode(message.at, message.len, &encoded);
    if (encoded.len <= (size_t)CHUNK * CHUNKS_MAX) {
        send_well(world, conn, buf_text(&encoded));
        must(fake_conn_is_registered(conn) == is_right(message));
    }
    buf_finish(&encoded);
}

static bool right_from(const struct text *lines, size_t count)
{
    struct buf encoded;
    struct buf plain;
    bool right = false;
    buf_init(&encoded, SIZE_MAX / 4);
    buf_init(&plain, SIZE_MAX / 4);
    for (size_t i = 0; i < count && !right; i++) {
        buf_add(&encoded, lines[i]);
        buf_reset(&plain);
        right = base64_decode(buf_text(&encoded), &plain) && is_right(buf_text(&plain));
    }
    buf_finish(&encoded);
    buf_finish(&plain);
    return right;
}

// As IRC takes one parameter of it.
static struct text first_word(struct text line)
{
    line = text_head(line, text_find(line, '\r'));
    while (line.len && *line.at == ' ') {
        line = text_skip(line, 1);
    }
    return line.len && *line.at == ':' ? text_skip(line, 1) : text_head(line, text_find(line, ' '));
}

static void try_pieces(struct world *world, struct fake_conn *conn, struct text rest)
{
    struct text pieces[LINES_MAX];
    size_t count = 0;
    while (rest.len && count < LINES_MAX && !world->closed) {
        struct text line = text_head(rest, text_find(rest, '\n'));
        rest = text_skip(rest, line.len + 1);
        authenticate(world, conn, line);
        pieces[count++] = first_word(line);
        if (!world->closed && fake_conn_is_registered(conn)) {
            bool right = false;
            for (size_t i = 0; i < count && !right; i++) {
                right = right_from(pieces + i, count - i);
            }
            must(right);
            return;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct text input = {(const char *)bytes, len};
    if (len == 0) {
        return 0;
    }
    struct world world;
    world_init(&world);
    struct fake_conn *conn = come(&world, &irc_protocol);
    say(&world, conn, TEXT("NICK Ian"));
    if (*input.at == 'p') {
        try_message(&world, conn, text_skip(input, 1));
    } else {
        try_pieces(&world, conn, text_skip(input, 1));
    }
    world_finish(&world);
    return 0;
}
