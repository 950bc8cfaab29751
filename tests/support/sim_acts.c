#include "base/buf.h"
#include "protocol/plain.h"
#include "protocol/relay.h"
#include "support/sim_crowd_state.h"

enum { NAMES = 3000, NAMES_KNOWN = 10, WORDS_MAX = 3000 };

static void send_text(struct sim_person *person, struct text text, enum core_line how)
{
    if (person->conn && !person->over) {
        fake_conn_send(person->conn, text, how);
    }
}

static void add_name(struct crowd *c, struct buf *out)
{
    // Few enough that they collide, some that everybody knows, and some that are refused.
    uint32_t number = crowd_random(c, crowd_random(c, 3) ? NAMES : NAMES_KNOWN);
    switch (crowd_random(c, 40)) {
    case 0:
        buf_printf(out, "N%u", number);
        break;
    case 1:
        buf_printf(out, "%u", number);
        break;
    case 2:
        buf_printf(out, "two %u", number);
        break;
    case 3:
        buf_printf(out, "#n%u", number);
        break;
    default:
        buf_printf(out, "n%u", number);
    }
}

static void add_room(struct crowd *c, struct buf *out)
{
    char name[SIM_NAME_MAX];
    uint32_t kind = crowd_random(c, 50);
    sim_room_name((int)crowd_random(c, SIM_ROOMS), name);
    if (kind == 0) {
        buf_add(out, TEXT("#a,b"));
    } else if (kind == 1) {
        buf_add(out, TEXT("no-room"));
    } else {
        name[1] = (char)(kind == 2 ? name[1] - 32 : name[1]);
        buf_add(out, text_of(name));
    }
}

// What people type when a cat walks over the keyboard.
static void add_junk(struct crowd *c, struct buf *out)
{
    static const char *const junk[] = {"\x1b[31m", "\r",           "\n",       "\xff",
                                       "\x7f",     "\xc2\x9b",     "\t",       "caf\xc3\xa9",
                                       "%n%s",     "\xe2\x80\xae", "\xed\xa0", "\xf0\x9f\x98\x80"};
    for (uint32_t i = crowd_random(c, 4); i > 0; i--) {
        uint32_t which = crowd_random(c, 14);
        if (which < 12) {
            buf_add(out, text_of(junk[which]));
        } else {
            buf_add_char(out, '\0');
        }
    }
}

// A text that the model knows again.
static void add_text(struct crowd *c, struct sim_person *person, struct buf *out)
{
    static const char *const words[] = {"coffee", "tea", "hello", "@@", "/me", "<b>", "   "};
    buf_printf(out, "@@%u@@", sim_model_message(c->model, person));
    for (uint32_t i = crowd_random(c, 4); i > 0; i--) {
        buf_printf(out, " %s", words[crowd_random(c, 7)]);
    }
    if (crowd_random(c, 10) == 0) {
        add_junk(c, out);
    }
    if (crowd_random(c, 300) == 0) {
        for (uint32_t i = crowd_random(c, WORDS_MAX); i > 0; i--) {
            buf_add_char(out, 'x');
        }
    }
}

typedef void act(struct crowd *, struct sim_person *, struct buf *line);

static void act_say(struct crowd *c, struct sim_person *person, struct buf *line)
{
    add_text(c, person, line);
}

static void act_burst(struct crowd *c, struct sim_person *person, struct buf *line)
{
    for (uint32_t i = crowd_random(c, 100); i > 0; i--) {
        buf_reset(line);
        add_text(c, person, line);
        send_text(person, buf_text(line), CORE_LINE_WHOLE);
    }
    buf_reset(line);
}

static void act_pm(struct crowd *c, struct sim_person *person, struct buf *line)
{
    buf_add(line, TEXT("/pm "));
    add_name(c, line);
    buf_add_char(line, ' ');
    add_text(c, person, line);
}

static void act_me(struct crowd *c, struct sim_person *person, struct buf *line)
{
    buf_add(line, TEXT("/me "));
    add_text(c, person, line);
}

static void act_topic(struct crowd *c, struct sim_person *person, struct buf *line)
{
    buf_add(line, TEXT("/topic "));
    if (crowd_random(c, 2)) {
        add_text(c, person, line);
    }
}

static void act_named(struct crowd *c, struct sim_person *person, struct buf *line)
{
    static const char *const commands[] = {"/nick", "/whois", "/ignore", "/invite", "/history 9"};
    (void)person;
    buf_printf(line, "%s ", commands[crowd_random(c, 5)]);
    add_name(c, line);
}

static void act_room(struct crowd *c, struct sim_person *person, struct buf *line)
{
    static const char *const commands[] = {"/join", "/join", "/join", "/room", "/part", "/list"};
    (void)person;
    buf_printf(line, "%s ", commands[crowd_random(c, 6)]);
    add_room(c, line);
}

static void act_history(struct crowd *c, struct sim_person *person, struct buf *line)
{
    (void)person;
    buf_printf(line, "/history %u ", crowd_random(c, 120));
    if (crowd_random(c, 3)) {
        add_room(c, line);
    }
}

static void act_command(struct crowd *c, struct sim_person *person, struct buf *line)
{
    static const char *const commands[] = {
        "/search coffee",
        "/search tea hello",
        "/search",
        "/away for lunch",
        "/away",
        "/time utc",
        "/time local",
        "/rooms",
        "/help",
        "/help pm",
        "/nonsense",
        "/part",
        "/pm",
        "/me",
        "/nick",
        "/history 0",
        "/list #a #b",
        "//slash",
        "",
        "   ",
        "exit",
        "quit",
        "/w n1 hello",
        "/topic",
        "/",
    };
    (void)person;
    const char *command = commands[crowd_random(c, sizeof commands / sizeof *commands)];
    if (text_equal(text_of(command), TEXT("//slash"))) {
        buf_add(line, TEXT("//"));
        add_text(c, person, line);
    } else if (text_starts(text_of(command), TEXT("/w "))) {
        buf_add(line, TEXT("/w n1 "));
        add_text(c, person, line);
    } else if (*command == 'e' || *command == 'q') {
        // Elsewhere than on a relay these two are said, and the model knows no such message.
        buf_add(line, person->relay ? text_of(command) : TEXT("/whois n1"));
    } else {
        buf_add(line, text_of(command));
    }
}

static void act_long_list(struct crowd *c, struct sim_person *person, struct buf *line)
{
    (void)c;
    (void)person;
    buf_add(line, TEXT("/list"));
}

static void act_too_long(struct crowd *c, struct sim_person *person, struct buf *line)
{
    (void)c;
    (void)line;
    send_text(person, TEXT(""), CORE_LINE_TOO_LONG);
}

static void act_pause(struct crowd *c, struct sim_person *person, struct buf *line)
{
    add_text(c, person, line);
    send_text(person, buf_text(line), CORE_LINE_PAUSED);
    buf_reset(line);
}

static void act_quit(struct crowd *c, struct sim_person *person, struct buf *line)
{
    (void)c;
    buf_add(line, person->relay ? TEXT("exit") : TEXT("/quit see you"));
}

static void act_stop_sending(struct crowd *c, struct sim_person *person, struct buf *line)
{
    (void)c;
    (void)line;
    if (!person->over) {
        person->over = true;
        fake_conn_stop_sending(person->conn);
    }
}

static void act_vanish(struct crowd *c, struct sim_person *person, struct buf *line)
{
    (void)line;
    struct fake_conn *conn = person->conn;
    person->conn = NULL;
    fake_conn_vanish(conn, crowd_random(c, 2) ? CLOSE_LOST : CLOSE_UNREACHABLE);
}

static void act_stop_reading(struct crowd *c, struct sim_person *person, struct buf *line)
{
    (void)line;
    person->slow = person->was_slow = true;
    fake_conn_stop_reading(person->conn, crowd_random(c, 3000));
}

static const struct {
    uint32_t share; // of a thousand
    act *run;
} acts[] = {
    {480, act_say},    {3, act_burst},        {80, act_pm},      {40, act_me},
    {20, act_topic},   {80, act_named},       {140, act_room},   {12, act_history},
    {60, act_command}, {2, act_long_list},    {5, act_too_long}, {10, act_pause},
    {20, act_quit},    {8, act_stop_sending}, {20, act_vanish},  {20, act_stop_reading},
};

static void connect_person(struct crowd *c, struct sim_person *person)
{
    bool relay = crowd_random(c, 8) == 0;
    uint32_t relay_number = crowd_random(c, SIM_RELAYS);
    sim_person_begin(c->model, person, relay, SIM_ROOMS - SIM_RELAYS + relay_number);
    struct peer peer = {.address = "127.0.0.1", .port = person->port, .loopback = true};
    peer.listener_port = (uint16_t)(relay ? SIM_RELAY_PORT + relay_number : 5000);
    c->connections++;
    person->conn =
        fake_net_connect(c->net, &peer, relay ? &relay_protocol : &plain_protocol, person);
}

static void act_as_nameless(struct crowd *c, struct sim_person *person, struct buf *line)
{
    if (person->asked) {
        // Perhaps the name is taken, perhaps they are in already: then this is said.
        add_text(c, person, line);
        send_text(person, buf_text(line), CORE_LINE_WHOLE);
        return;
    }
    switch (crowd_random(c, 20)) {
    case 0:
        act_vanish(c, person, line);
        break;
    case 1:
        act_stop_sending(c, person, line);
        break;
    case 2:
        send_text(person, TEXT(""), CORE_LINE_WHOLE);
        break;
    case 3:
        send_text(person, TEXT(""), CORE_LINE_TOO_LONG);
        break;
    default:
        person->asked = true;
        add_name(c, line);
        send_text(person, buf_text(line), CORE_LINE_WHOLE);
    }
}

// On a relay all but two words are said, and the model wants to know all that is said.
static bool is_unmarked(struct text line)
{
    struct text said = text_trim(line);
    return said.len && !memmem(said.at, said.len, "@@", 2) && !text_equal(said, TEXT("exit")) &&
           !text_equal(said, TEXT("quit"));
}

static void act_as_member(struct crowd *c, struct sim_person *person, struct buf *line)
{
    uint32_t choice = crowd_random(c, 1000);
    size_t i = 0;
    while (choice >= acts[i].share) {
        choice -= acts[i++].share;
    }
    acts[i].run(c, person, line);
    if (person->relay && line->len && is_unmarked(buf_text(line))) {
        buf_printf(line, " @@%u@@", sim_model_message(c->model, person));
    }
    if (line->len) {
        send_text(person, buf_text(line), CORE_LINE_WHOLE);
    }
}

void crowd_act(struct crowd *c, struct sim_person *person)
{
    struct buf line;
    buf_init(&line, 16 * 1024);
    if (!person->conn) {
        connect_person(c, person);
    } else if (person->slow && crowd_random(c, 3) == 0) {
        person->slow = false;
        fake_conn_read_again(person->conn);
    } else if (!person->named) {
        act_as_nameless(c, person, &line);
    } else {
        act_as_member(c, person, &line);
    }
    buf_finish(&line);
}
