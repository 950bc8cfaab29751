#include "support/talk_core.h"

#include "base/must.h"
#include "chat/core.h"
#include "protocol/control.h"
#include "protocol/irc.h"
#include "protocol/plain.h"
#include "protocol/relay.h"
#include "support/fake_net.h"
#include "support/store_scripted.h"
#include "support/talk.h"
#include "support/test.h"
#include "wire/framer.h"
#include "wire/irc_message.h"

// 2026-01-01 14:30:15 UTC
static const int64_t begin_wall_ms = 1767277815000;

enum { RELAY_PORT = 12345, FIRST_PORT = 50001, SETTLE_TURNS = 10000, AWAIT_MS = 1000 };

struct link {
    struct talk_person *person;
    struct fake_conn *conn; // NULL: closed
    struct framer framer;
    bool over; // sends no more
};

struct talk_core {
    struct talk_world world;
    struct fake_net *net;
    struct store *store;
    struct core *core;
    struct core_config config;
    struct moment now;
    bool held;
    uint16_t last_port;
    size_t bytes_at_once;
};

static struct talk_core *from(struct talk_world *world)
{
    return (struct talk_core *)world;
}

static void hear(void *context, void *person, const struct fake_line *line)
{
    (void)context;
    talk_person_hears(((struct link *)person)->person, line->text);
}

static void closed(void *context, void *person, enum close_reason reason)
{
    (void)context;
    (void)reason;
    struct link *link = person;
    link->conn = NULL;
    link->person->open = false;
}

static void broken(void *context, const char *what)
{
    (void)context;
    test_fail("fake_net", 0, "%s", what);
}

static void turn(struct talk_core *t)
{
    core_time(t->core, t->now);
    fake_net_pump(t->net);
    core_store_ready(t->core);
    core_turn_end(t->core);
}

static bool is_settled(const struct talk_core *t)
{
    return !fake_net_has_input(t->net) && !store_scripted_has_answers(t->store);
}

static void settle(struct talk_world *world)
{
    struct talk_core *t = from(world);
    int turns = 0;
    do {
        turn(t);
        check(turns++ < SETTLE_TURNS);
    } while (!is_settled(t));
}

static void pass(struct talk_world *world, unsigned ms)
{
    struct talk_core *t = from(world);
    int64_t until_ms = t->now.mono_ms + ms;
    settle(world);
    int64_t next_ms;
    while ((next_ms = core_next_wake(t->core)) <= until_ms) {
        int64_t step_ms = next_ms > t->now.mono_ms ? next_ms - t->now.mono_ms : 0;
        t->now.mono_ms += step_ms;
        t->now.wall_ms += step_ms;
        settle(world);
        check(core_next_wake(t->core) > t->now.mono_ms);
    }
    t->now.wall_ms += until_ms - t->now.mono_ms;
    t->now.mono_ms = until_ms;
    settle(world);
}

static void jump(struct talk_world *world, int64_t ms)
{
    from(world)->now.wall_ms += ms;
    settle(world);
}

static uint16_t port_of(struct talk_core *t, const struct talk_person *person)
{
    uint64_t port;
    return text_number(text_of(person->name), UINT16_MAX, &port) ? (uint16_t)port : ++t->last_port;
}

static void connect_person(struct talk_world *world, struct talk_person *person)
{
    struct talk_core *t = from(world);
    struct link *link = person->link;
    if (!link) {
        link = person->link = mem_alloc(sizeof *link);
        link->person = person;
    } else {
        framer_finish(&link->framer);
    }
    link->over = false;
    bool irc = person->kind == TALK_IRC;
    framer_init(&link->framer, irc ? IRC_LINE_BYTES : t->config.limits.message_bytes, !irc);
    struct peer peer = {
        .address = "127.0.0.1",
        .port = port_of(t, person),
        .listener_port = person->kind == TALK_RELAY ? RELAY_PORT : 5000,
        .loopback = person->from == TALK_FROM_HERE,
        .secure = person->certificate || person->from == TALK_FROM_AFAR_TLS,
        .may_secure = person->from != TALK_FROM_AFAR_NO_TLS,
    };
    if (person->from != TALK_FROM_HERE) {
        snprintf(peer.address, sizeof peer.address, "192.0.2.7");
    }
    char certificate[65];
    snprintf(certificate, sizeof certificate, "%064u", person->certificate);
    peer.certificate = person->certificate ? certificate : NULL;
    static const struct protocol *const protocols[] = {
        [TALK_PLAIN] = &plain_protocol,
        [TALK_RELAY] = &relay_protocol,
        [TALK_IRC] = &irc_protocol,
        [TALK_CONTROL] = &control_protocol,
    };
    link->conn = fake_net_connect(t->net, &peer, protocols[person->kind], link);
}

static void take_lines(struct link *link)
{
    static const enum core_line hows[] = {[FRAMED_LINE] = CORE_LINE_WHOLE,
                                          [FRAMED_PAUSED] = CORE_LINE_PAUSED,
                                          [FRAMED_TOO_LONG] = CORE_LINE_TOO_LONG};
    struct text line;
    enum framed framed;
    while (link->conn && (framed = framer_next(&link->framer, &line)) != FRAMED_NOTHING) {
        check(framed != FRAMED_ENDLESS);
        fake_conn_send(link->conn, line, hows[framed]);
    }
}

static void send_bytes(struct talk_world *world, struct talk_person *person, struct text bytes,
                       bool pause)
{
    struct talk_core *t = from(world);
    struct link *link = person->link;
    check(!link->over);
    size_t piece = pause ? bytes.len : t->bytes_at_once;
    while (bytes.len) {
        framer_feed(&link->framer, text_head(bytes, piece));
        bytes = text_skip(bytes, piece);
        take_lines(link);
    }
    if (pause) {
        check(framer_may_pause(&link->framer));
        framer_pause(&link->framer);
        take_lines(link);
    }
}

static void stop_sending(struct talk_world *world, struct talk_person *person)
{
    (void)world;
    struct link *link = person->link;
    framer_end(&link->framer);
    take_lines(link);
    link->over = true;
    fake_conn_stop_sending(link->conn);
}

static void vanish(struct talk_world *world, struct talk_person *person)
{
    (void)world;
    struct link *link = person->link;
    fake_conn_vanish(link->conn, CLOSE_LOST);
    link->conn = NULL;
}

// What the core has put off comes when its time comes; nothing else would.
static void await(struct talk_world *world, struct talk_person *person)
{
    struct talk_core *t = from(world);
    int64_t until_ms = t->now.mono_ms + AWAIT_MS;
    settle(world);
    while (person->open && !person->unread && core_next_wake(t->core) <= until_ms) {
        pass(world, (unsigned)(core_next_wake(t->core) - t->now.mono_ms));
    }
}

static void sent(struct talk_world *world, struct talk_person *person)
{
    (void)person;
    settle(world);
}

static char *put(struct talk_world *world, struct text text)
{
    (void)world;
    return text_copy(text);
}

static void tell_to_stop(struct talk_world *world)
{
    core_shut_down(from(world)->core);
    settle(world);
}

static void stop(struct talk_world *world)
{
    tell_to_stop(world);
    check(core_is_empty(from(world)->core));
}

static void start(struct talk_world *world)
{
    struct talk_core *t = from(world);
    if (t->core) {
        check(core_is_empty(t->core));
        core_destroy(t->core);
        store_scripted_reopened(t->store);
    }
    t->core = core_create(&t->config, t->store, fake_net_output(t->net));
    if (!core_has_owner(t->core)) {
        core_offer_claim(t->core, TEXT("CLAIM-CODE"));
    }
    fake_net_serve(t->net, t->core);
    turn(t);
}

static void stop_reading(struct talk_world *world, struct talk_person *person, size_t lag_bytes)
{
    (void)world;
    fake_conn_stop_reading(((struct link *)person->link)->conn, lag_bytes);
}

static void read_again(struct talk_world *world, struct talk_person *person)
{
    (void)world;
    fake_conn_read_again(((struct link *)person->link)->conn);
}

static bool limit(struct talk_world *world, struct text name, uint32_t value)
{
    struct talk_core *t = from(world);
    struct limits *l = &t->config.limits;
    const struct {
        struct text name;
        uint32_t *at;
    } limits[] = {
        {TEXT("message_bytes"), &l->message_bytes},
        {TEXT("rooms_per_user"), &l->rooms_per_user},
        {TEXT("sessions_per_user"), &l->sessions_per_user},
        {TEXT("always_on_accounts"), &l->always_on_accounts},
        {TEXT("always_on_days"), &l->always_on_days},
        {TEXT("mail_per_account"), &l->mail_per_account},
        {TEXT("mail_per_sender"), &l->mail_per_sender},
        {TEXT("rooms"), &l->rooms},
        {TEXT("rooms_per_account"), &l->rooms_per_account},
        {TEXT("ignores_per_user"), &l->ignores_per_user},
        {TEXT("history_on_join"), &l->history_on_join},
        {TEXT("history_on_join_irc"), &l->history_on_join_irc},
        {TEXT("history_page"), &l->history_page},
        {TEXT("history_days"), &l->history_days},
        {TEXT("history_messages"), &l->history_messages},
        {TEXT("history_bytes"), &l->history_bytes},
        {TEXT("topic_bytes"), &l->topic_bytes},
        {TEXT("away_bytes"), &l->away_bytes},
        {TEXT("reason_bytes"), &l->reason_bytes},
        {TEXT("name_tries"), &l->name_tries},
        {TEXT("failed_logins_per_min"), &l->failed_logins_per_min},
        {TEXT("failed_logins_per_hour"), &l->failed_logins_per_hour},
        {TEXT("registrations_per_day"), &l->registrations_per_day},
        {TEXT("password_bytes_min"), &l->password_bytes_min},
        {TEXT("password_bytes_max"), &l->password_bytes_max},
        {TEXT("uncommitted_bytes"), &l->uncommitted_bytes},
        {TEXT("query_bytes_per_s"), &l->query_bytes_per_s},
    };
    if (text_equal(name, TEXT("require_account"))) {
        t->config.access.require_account = value;
        core_configure(t->core, &t->config);
        return true;
    }
    if (text_equal(name, TEXT("registration_email"))) {
        t->config.access.registration_email = (int)value;
        core_configure(t->core, &t->config);
        return true;
    }
    if (text_equal(name, TEXT("flood_busy"))) {
        // So many messages of somebody in 10 s, by the profile "busy"; 0: there is none.
        t->config.floods = flood_profiles_built_in;
        t->config.floods.all[t->config.floods.count] =
            (struct flood_profile){"busy", {[FLOOD_MESSAGES] = {value, 10, FLOOD_MUTE, 60}}};
        t->config.floods.count += value > 0;
        core_configure(t->core, &t->config);
        return true;
    }
    if (text_equal(name, TEXT("flood"))) {
        l->flood = (int)value;
        core_configure(t->core, &t->config);
        return true;
    }
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (text_equal(limits[i].name, name)) {
            *limits[i].at = value;
            core_configure(t->core, &t->config);
            return true;
        }
    }
    return false;
}

static void describe(struct talk_world *world)
{
    static const struct operator_account operators[] = {
        {TEXT_INIT("ian"), TEXT_INIT("correcthorse")}};
    struct talk_core *t = from(world);
    t->config.info.description = TEXT("a quiet harbour");
    t->config.info.motd = TEXT("Welcome to the harbour.\n\nMind the tide.\n");
    t->config.info.admin = TEXT("Ann, room 12\nann@example.org\n");
    t->config.info.operators = operators;
    t->config.info.operator_count = 1;
    core_configure(t->core, &t->config);
}

static void offer_scram(struct talk_world *world)
{
    struct talk_core *t = from(world);
    t->config.access.scram = true;
    core_configure(t->core, &t->config);
}

static void set_registration(struct talk_world *world, int registration)
{
    struct talk_core *t = from(world);
    t->config.access.registration = registration;
    core_configure(t->core, &t->config);
}

static void hold_passwords(struct talk_world *world, bool hold)
{
    fake_net_hold_passwords(from(world)->net, hold);
}

static void store_wait(struct talk_world *world, bool wait)
{
    from(world)->held = wait;
    store_scripted_hold(from(world)->store, wait);
}

static void store_keep(struct talk_world *world, size_t count, bool writes)
{
    struct store *store = from(world)->store;
    size_t released =
        writes ? store_scripted_release_writes(store, count) : store_scripted_release(store, count);
    check_number(released, count);
}

static void disk_low(struct talk_world *world, bool low)
{
    core_disk_low(from(world)->core, low);
}

static void store_fail(struct talk_world *world, bool read, int error)
{
    if (read) {
        store_scripted_fail_next_read(from(world)->store, error);
    } else {
        store_scripted_fail_next(from(world)->store, error);
    }
}

static const struct talk_ops ops = {
    .connect = connect_person,
    .send = send_bytes,
    .stop_sending = stop_sending,
    .vanish = vanish,
    .await = await,
    .sent = sent,
    .settle = settle,
    .put = put,
    .same = text_equal,
    .stop = stop,
    .start = start,
    .tell_to_stop = tell_to_stop,
    .stop_reading = stop_reading,
    .read_again = read_again,
    .pass = pass,
    .jump = jump,
    .limit = limit,
    .describe = describe,
    .offer_scram = offer_scram,
    .set_registration = set_registration,
    .hold_passwords = hold_passwords,
    .store_wait = store_wait,
    .store_keep = store_keep,
    .disk_low = disk_low,
    .store_fail = store_fail,
};

static void free_links(struct talk_core *t)
{
    for (struct talk_person *person = t->world.people; person; person = person->next) {
        struct link *link = person->link;
        if (link) {
            framer_finish(&link->framer);
            free(link);
        }
    }
}

void talk_core_run(const char *path, size_t bytes_at_once)
{
    struct talk_core t = {
        .world = {.ops = &ops},
        .config = {.server_name = "Harbour", .limits = limits_default},
        .now = {.mono_ms = 1000000, .wall_ms = begin_wall_ms},
        .last_port = FIRST_PORT,
        .bytes_at_once = bytes_at_once,
    };
    struct fake_receiver receiver = {
        .context = &t, .line = hear, .closed = closed, .broken = broken};
    t.net = fake_net_create(&receiver);
    t.store = store_scripted_create(SIZE_MAX);
    store_scripted_hold(t.store, false);
    start(&t.world);
    talk_run(&t.world, path);
    fake_net_hold_passwords(t.net, false);
    store_scripted_hold(t.store, false);
    stop(&t.world);
    core_destroy(t.core);
    store_destroy(t.store);
    check_number(fake_net_conn_count(t.net), 0);
    fake_net_destroy(t.net);
    free_links(&t);
    talk_free(&t.world);
}
