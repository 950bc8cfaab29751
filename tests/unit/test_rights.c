// A60: who may do what. One table says it for each act, kind of room, protocol and person; every
// cell of it is tried in a world of its own.
#include "base/buf.h"
#include "base/must.h"
#include "protocol/control.h"
#include "protocol/irc.h"
#include "protocol/plain.h"
#include "support/fake_net.h"
#include "support/store_scripted.h"
#include "support/test.h"

// Who it is, by a letter of the table.
//   W owns the server, S is its moderator: neither is in the room
//   F founder, O op, H half op, V has a voice, M a member: are in
//   Q is in and muted
//   P is in, and has been told something in private by Fay
//   L has left, I is invited, A is let in always, B is banned, X a stranger: have accounts
//   G a guest, who is not in
//   U was in, and its account is suspended: it comes back as nobody
#define PEOPLE "WSFOHVMQPLIABXGU"
#define NOBODY ""
#define IS_IN "FOHVMQP"
#define MAY_COME "WSFOHVMQPLIAXG" // into a public room
#define ALL "WSFOHVMQPLIABXG"

enum place { PUBLIC, HIDDEN, INVITED, PASSWORD, REGISTERED, PLACES };
enum way { PLAIN, IRC, WAYS };

static const char *const place_words[PLACES] = {"public", "hidden", "by invitation", "by password",
                                                "for the registered"};
static const char *const way_words[WAYS] = {"plain", "IRC"};

enum act {
    HISTORY,
    SEARCH,
    TOPIC,
    NAMES,
    WHOIS,
    LISTED,
    HEAR,
    PRESENCE,
    SPEAK,
    REACT,
    DELETE,
    SET_TOPIC,
    INVITE,
    BAN,
    RULE,
    GIVE_OP,
    KICK,
    JOIN,
    DIRECT_HISTORY,
    DIRECT_SEARCH,
    DIRECT_DELETE,
    ACTS
};

enum witness { SUBJECT, TOM, ZED, KIM, FAY };

// An act: what is sent, and whom it shows that it was done by what they read.
static const struct {
    const char *word;
    const char *lines[WAYS]; // NULL: there is no such thing
    enum witness witness;
    const char *shows[WAYS];
} acts[ACTS] = {
    [HISTORY] = {"read history",
                 {"/history 20 #den", "CHATHISTORY LATEST #den * 20"},
                 SUBJECT,
                 {"needle in the hay", "needle in the hay"}},
    [SEARCH] = {"search",
                {"/room #den\n/search needle", "SEARCH in=#den;text=needle"},
                SUBJECT,
                {"needle in the hay", "needle in the hay"}},
    [TOPIC] = {"read the topic",
               {"/room #den\n/topic", "TOPIC #den"},
               SUBJECT,
               {"about needles", "about needles"}},
    [NAMES] = {"list names", {"/list #den", "NAMES #den"}, SUBJECT, {"Kim", "Kim"}},
    [WHOIS] = {"see who is there", {"/whois Kim", "WHOIS Kim"}, SUBJECT, {"#den", "#den"}},
    [LISTED] = {"see that there is such a room", {"/rooms", "LIST"}, SUBJECT, {"#den", "#den"}},
    [HEAR] = {"hear what is said", {"", ""}, SUBJECT, {"said by Tom", "said by Tom"}},
    [PRESENCE] = {"see who comes", {"", ""}, SUBJECT, {"Zoe has joined #den", "Zoe!"}},
    [SPEAK] = {"speak",
               {"/room #den\nspoken here", "PRIVMSG #den :spoken here"},
               TOM,
               {"#den :spoken here", "#den :spoken here"}},
    [REACT] = {"react", {NULL, "@+draft/react=x TAGMSG #den"}, TOM, {NULL, "+draft/react=x"}},
    [DELETE] = {"delete", {NULL, "REDACT #den NEEDLE"}, TOM, {NULL, "REDACT #den"}},
    [SET_TOPIC] = {"set the topic",
                   {"/room #den\n/topic all new", "TOPIC #den :all new"},
                   TOM,
                   {"TOPIC #den :all new", "TOPIC #den :all new"}},
    [INVITE] = {"invite",
                {"/room #den\n/invite Zed", "INVITE Zed #den"},
                ZED,
                {"INVITE Zed :#den", "INVITE Zed :#den"}},
    [BAN] = {"ban",
             {"/room #den\n/ban Eve", "MODE #den +b Eve"},
             TOM,
             {"MODE #den +b Eve", "MODE #den +b Eve"}},
    [RULE] = {"change how the room is",
              {"/room #den\n/mode no-notices on", "MODE #den +T"},
              TOM,
              {"MODE #den +T", "MODE #den +T"}},
    [GIVE_OP] = {"make somebody op",
                 {"/room #den\n/op Kim", "MODE #den +o Kim"},
                 TOM,
                 {"MODE #den +o Kim", "MODE #den +o Kim"}},
    [KICK] = {"put somebody out",
              {"/room #den\n/kick Kim", "KICK #den Kim"},
              TOM,
              {"KICK #den Kim", "KICK #den Kim"}},
    [JOIN] = {"come in",
              {"/part #den\n/join #den", "PART #den\nJOIN #den"},
              TOM,
              {"JOIN #den", "JOIN #den"}},
    [DIRECT_HISTORY] = {"read what others say in private",
                        {"/history 20 Fay\n/history 20 Kim",
                         "CHATHISTORY LATEST Fay * 20\nCHATHISTORY LATEST Kim * 20"},
                        SUBJECT,
                        {"whispered", "whispered"}},
    [DIRECT_SEARCH] = {"search what others say in private",
                       {"/search whispered",
                        "SEARCH in=Fay;text=whispered\nSEARCH in=Kim;text=whispered"},
                       SUBJECT,
                       {"whispered", "whispered"}},
    [DIRECT_DELETE] = {"delete what others say in private",
                       {NULL, "REDACT Fay WHISPER\nREDACT Kim WHISPER"},
                       FAY,
                       {NULL, "deleted"}},
};

// Who may, in each kind of room, by plain and by IRC.
static const char *const allowed[ACTS][PLACES][WAYS] = {
    // Plain people may read what they could join for; of those that may not come in nobody.
    [HISTORY] = {[PUBLIC] = {MAY_COME, "WS" IS_IN},
                 [HIDDEN] = {"WS" IS_IN, "WS" IS_IN},
                 [INVITED] = {"WS" IS_IN "IA", "WS" IS_IN},
                 [PASSWORD] = {"WS" IS_IN "I", "WS" IS_IN},
                 [REGISTERED] = {"WS" IS_IN "LIAX", "WS" IS_IN}},
    [SEARCH] = {[PUBLIC] = {IS_IN, "WS" IS_IN},
                [HIDDEN] = {IS_IN, "WS" IS_IN},
                [INVITED] = {IS_IN, "WS" IS_IN},
                [PASSWORD] = {IS_IN, "WS" IS_IN},
                [REGISTERED] = {IS_IN, "WS" IS_IN}},
    [TOPIC] = {[PUBLIC] = {IS_IN, ALL},
               [HIDDEN] = {IS_IN, "WS" IS_IN},
               [INVITED] = {IS_IN, ALL},
               [PASSWORD] = {IS_IN, ALL},
               [REGISTERED] = {IS_IN, ALL}},
    [NAMES] = {[PUBLIC] = {ALL, ALL},
               [HIDDEN] = {"WS" IS_IN, "WS" IS_IN},
               [INVITED] = {ALL, ALL},
               [PASSWORD] = {ALL, ALL},
               [REGISTERED] = {ALL, ALL}},
    [WHOIS] = {[PUBLIC] = {ALL, ALL},
               [HIDDEN] = {"WS" IS_IN, "WS" IS_IN},
               [INVITED] = {ALL, ALL},
               [PASSWORD] = {ALL, ALL},
               [REGISTERED] = {ALL, ALL}},
    [LISTED] = {[PUBLIC] = {ALL, ALL},
                [HIDDEN] = {"WS" IS_IN, "WS" IS_IN},
                [INVITED] = {ALL, ALL},
                [PASSWORD] = {ALL, ALL},
                [REGISTERED] = {ALL, ALL}},
    [HEAR] = {{IS_IN, IS_IN}, {IS_IN, IS_IN}, {IS_IN, IS_IN}, {IS_IN, IS_IN}, {IS_IN, IS_IN}},
    [PRESENCE] = {{IS_IN, IS_IN}, {IS_IN, IS_IN}, {IS_IN, IS_IN}, {IS_IN, IS_IN}, {IS_IN, IS_IN}},
    [SPEAK] = {{"FOHVMP", "FOHVMP"},
               {"FOHVMP", "FOHVMP"},
               {"FOHVMP", "FOHVMP"},
               {"FOHVMP", "FOHVMP"},
               {"FOHVMP", "FOHVMP"}},
    [REACT] = {{NOBODY, "FOHVMP"},
               {NOBODY, "FOHVMP"},
               {NOBODY, "FOHVMP"},
               {NOBODY, "FOHVMP"},
               {NOBODY, "FOHVMP"}},
    [DELETE] = {{NOBODY, "WSFOH"},
                {NOBODY, "WSFOH"},
                {NOBODY, "WSFOH"},
                {NOBODY, "WSFOH"},
                {NOBODY, "WSFOH"}},
    // What plain people do is about the room that they are in.
    [SET_TOPIC] = {{"FOHVMP", "WSFOHVMP"},
                   {"FOHVMP", "WSFOHVMP"},
                   {"FOHVMP", "WSFOHVMP"},
                   {"FOHVMP", "WSFOHVMP"},
                   {"FOHVMP", "WSFOHVMP"}},
    [INVITE] = {[PUBLIC] = {IS_IN, "WS" IS_IN},
                [HIDDEN] = {IS_IN, "WS" IS_IN},
                [INVITED] = {"FOH", "WSFOH"},
                [PASSWORD] = {IS_IN, "WS" IS_IN},
                [REGISTERED] = {IS_IN, "WS" IS_IN}},
    [BAN] =
        {{"FOH", "WSFOH"}, {"FOH", "WSFOH"}, {"FOH", "WSFOH"}, {"FOH", "WSFOH"}, {"FOH", "WSFOH"}},
    [RULE] =
        {{"FOH", "WSFOH"}, {"FOH", "WSFOH"}, {"FOH", "WSFOH"}, {"FOH", "WSFOH"}, {"FOH", "WSFOH"}},
    [GIVE_OP] = {{"FO", "WSFO"}, {"FO", "WSFO"}, {"FO", "WSFO"}, {"FO", "WSFO"}, {"FO", "WSFO"}},
    [KICK] =
        {{"FOH", "WSFOH"}, {"FOH", "WSFOH"}, {"FOH", "WSFOH"}, {"FOH", "WSFOH"}, {"FOH", "WSFOH"}},
    [DIRECT_HISTORY] = {{"P", "P"}, {"P", "P"}, {"P", "P"}, {"P", "P"}, {"P", "P"}},
    [DIRECT_SEARCH] = {{NOBODY, "P"}, {NOBODY, "P"}, {NOBODY, "P"}, {NOBODY, "P"}, {NOBODY, "P"}},
    // Who is in leaves first; operators are let in whatever the rules.
    [JOIN] = {[PUBLIC] = {MAY_COME, MAY_COME},
              [HIDDEN] = {MAY_COME, MAY_COME},
              [INVITED] = {"WSFOHIA", "WSFOHIA"},
              [PASSWORD] = {"WSFOHI", "WSFOHI"},
              [REGISTERED] = {"WSFOHVMQPLIAX", "WSFOHVMQPLIAX"}},
};

struct person {
    struct world *world;
    struct fake_conn *conn; // NULL: closed
    struct buf heard;
};

enum { CAST = 10, HEARD_MAX = 256 * 1024 };

struct world {
    struct fake_net *net;
    struct store *store;
    struct core *core;
    struct moment now;
    struct person cast[CAST];
    size_t count;
    uint16_t port;
    char needle[32]; // ids of what was said
    char whisper[32];
};

static void hear(void *context, void *person, const struct fake_line *line)
{
    (void)context;
    struct buf *heard = &((struct person *)person)->heard;
    buf_add(heard, line->text);
    buf_add_char(heard, '\n');
}

static void closed(void *context, void *person, enum close_reason reason)
{
    (void)context;
    (void)reason;
    ((struct person *)person)->conn = NULL;
}

static void broken(void *context, const char *what)
{
    (void)context;
    test_fail("fake_net", 0, "%s", what);
}

static void settle(struct world *w)
{
    for (int i = 0; i < 3 || fake_net_has_input(w->net) || store_scripted_has_answers(w->store);
         i++) {
        check(i < 1000);
        w->now.mono_ms += 1000; // nobody's share of answers or speech is used up
        core_time(w->core, w->now);
        fake_net_pump(w->net);
        core_store_ready(w->core);
        core_turn_end(w->core);
    }
}

static void say(struct person *person, const char *lines)
{
    struct text rest = text_of(lines);
    while (rest.len) {
        struct text line = text_head(rest, text_find(rest, '\n'));
        rest = text_skip(rest, line.len + 1);
        if (person->conn) {
            fake_conn_send(person->conn, line, CORE_LINE_WHOLE);
        }
        settle(person->world);
    }
}

static struct person *come(struct world *w, enum way way, const char *opening)
{
    check(w->count < CAST);
    struct person *person = &w->cast[w->count++];
    struct peer peer = {.address = "127.0.0.1", .port = ++w->port, .loopback = true};
    person->world = w;
    buf_init(&person->heard, HEARD_MAX);
    person->conn =
        fake_net_connect(w->net, &peer, way == IRC ? &irc_protocol : &plain_protocol, person);
    say(person, opening);
    return person;
}

static bool has_heard(const struct person *person, const char *words)
{
    return person->heard.len && memmem(person->heard.at, person->heard.len, words, strlen(words));
}

static void forget(struct world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        buf_reset(&w->cast[i].heard);
    }
}

// The id of the last message that the person was sent with the tag "msgid".
static void take_id(struct person *person, char id[32])
{
    static const char tag[] = "msgid=";
    const char *at = memmem(person->heard.at, person->heard.len, tag, sizeof tag - 1);
    check(at);
    struct text heard = buf_text(&person->heard);
    struct text rest = text_skip(heard, (size_t)(at - heard.at) + sizeof tag - 1);
    rest = text_head(rest, text_find(rest, ' '));
    rest = text_head(rest, text_find(rest, ';'));
    check(rest.len < 32);
    snprintf(id, 32, "%.*s", TEXT_ARG(rest));
}

static void world_begin(struct world *w)
{
    static const struct fake_receiver receiver = {.line = hear, .closed = closed, .broken = broken};
    static struct core_config config;
    config = (struct core_config){.server_name = "Harbour", .limits = limits_default};
    config.limits.registrations_per_day = 1000;
    *w = (struct world){.now = {.mono_ms = 1000000, .wall_ms = 1767277815000}};
    w->net = fake_net_create(&receiver);
    w->store = store_scripted_create(SIZE_MAX);
    store_scripted_hold(w->store, false);
    w->core = core_create(&config, w->store, fake_net_output(w->net));
    core_offer_claim(w->core, TEXT("CLAIM-CODE"));
    fake_net_serve(w->net, w->core);
    settle(w);
}

static void world_end(struct world *w)
{
    core_shut_down(w->core);
    settle(w);
    check(core_is_empty(w->core));
    core_destroy(w->core);
    store_destroy(w->store);
    fake_net_destroy(w->net);
    for (size_t i = 0; i < w->count; i++) {
        buf_finish(&w->cast[i].heard);
    }
}

static const char irc_caps[] =
    "CAP REQ :message-tags batch echo-message draft/chathistory draft/message-redaction "
    "draft/search\nCAP END\n";

static struct person *come_irc(struct world *w, const char *name)
{
    char opening[512];
    snprintf(opening, sizeof opening, "%sNICK %s\nUSER u 0 * :u\n", irc_caps, name);
    return come(w, IRC, opening);
}

struct stage {
    struct world w;
    struct person *owner, *subject, *witness[FAY + 1];
};

static bool is_one_of(char who, const char *people)
{
    return strchr(people, who) != NULL;
}

// Makes the subject what its letter says, as far as this is done while the room is open.
static void make(struct stage *s, char who, enum way way)
{
    struct person *fay = s->witness[FAY];
    if (!is_one_of(who, "G")) {
        say(s->subject, way == IRC ? "REGISTER * * password1" : "/register password1");
    }
    if (is_one_of(who, "W")) {
        say(s->subject, way == IRC ? "CLAIM CLAIM-CODE" : "/claim CLAIM-CODE");
    } else if (is_one_of(who, "S")) {
        say(s->owner, "/role Sub moderator");
    }
    if (is_one_of(who, IS_IN "LBU")) {
        say(s->subject, way == IRC ? "JOIN #den" : "/join #den");
    }
    static const struct {
        char who;
        const char *words;
    } deeds[] = {{'F', "/op Sub founder"}, {'O', "/op Sub"},    {'H', "/op Sub halfop"},
                 {'V', "/op Sub voice"},   {'Q', "/mute Sub"},  {'B', "/ban Sub"},
                 {'I', "/invite Sub"},     {'A', "/member Sub"}};
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        if (deeds[i].who == who) {
            say(fay, deeds[i].words);
        }
    }
    if (is_one_of(who, "L")) {
        say(s->subject, way == IRC ? "PART #den" : "/part #den");
    }
}

static void close_room(struct stage *s, enum place place)
{
    static const char *const words[PLACES] = {[HIDDEN] = "/mode hidden on",
                                              [INVITED] = "/close",
                                              [PASSWORD] = "/mode password sesame",
                                              [REGISTERED] = "/close guests"};
    if (words[place]) {
        say(s->witness[FAY], words[place]);
    }
}

static void suspend(struct stage *s)
{
    struct world *w = &s->w;
    struct peer peer = {.address = "unix", .loopback = true};
    struct person *root = &w->cast[w->count++];
    root->world = w;
    buf_init(&root->heard, HEARD_MAX);
    root->conn = fake_net_connect(w->net, &peer, &control_protocol, root);
    say(root, "{\"command\":\"account suspend\",\"user\":\"Sub\"}");
    check(has_heard(root, "\"ok\":true"));
    check(!s->subject->conn);
}

static void set(struct stage *s, char who, enum place place, enum way way)
{
    struct world *w = &s->w;
    world_begin(w);
    if (who != 'W') {
        s->owner = come(w, PLAIN, "Owner\n/register password1\n/claim CLAIM-CODE\n");
    }
    struct person *fay =
        come(w, PLAIN, "Fay\n/register password1\n/join #den\n/topic about needles\n");
    struct person *tom = come_irc(w, "Tom");
    say(tom, "REGISTER * * password1\nJOIN #den");
    s->witness[FAY] = fay;
    s->witness[TOM] = tom;
    s->witness[KIM] = come_irc(w, "Kim");
    say(s->witness[KIM], "JOIN #den");
    s->witness[ZED] = come_irc(w, "Zed");
    forget(w);
    say(fay, "needle in the hay");
    take_id(tom, w->needle);
    s->subject = way == IRC ? come_irc(w, "Sub") : come(w, PLAIN, "Sub");
    s->witness[SUBJECT] = s->subject;
    make(s, who, way);
    close_room(s, place);
    if (who == 'U') {
        suspend(s);
    }
    forget(w);
    say(fay, "/pm Kim whispered");
    take_id(s->witness[KIM], w->whisper);
    if (who == 'P') {
        say(fay, "/pm Sub whispered");
    }
    forget(w);
}

// What happens of itself, for those acts that are only about reading it.
static void cause(struct stage *s, enum act act)
{
    if (act == HEAR) {
        say(s->witness[TOM], "PRIVMSG #den :said by Tom");
    } else if (act == PRESENCE) {
        struct person *fay = s->witness[FAY];
        struct person *zoe = come(&s->w, PLAIN, "Zoe\n/register password1");
        say(fay, "/invite Zoe");
        forget(&s->w);
        say(zoe, "/join #den");
    }
}

static void perform(struct stage *s, enum act act, enum way way)
{
    char lines[512] = "";
    struct text from = text_of(acts[act].lines[way]);
    while (from.len) { // with the ids for NEEDLE and WHISPER
        bool needle = text_starts(from, TEXT("NEEDLE"));
        bool whisper = text_starts(from, TEXT("WHISPER"));
        size_t len = strlen(lines);
        snprintf(lines + len, sizeof lines - len, "%.*s",
                 needle || whisper ? (int)strlen(s->w.needle) : 1,
                 needle    ? s->w.needle
                 : whisper ? s->w.whisper
                           : from.at);
        from = text_skip(from, needle ? 6 : whisper ? 7 : 1);
    }
    say(s->subject, lines);
    cause(s, act);
}

static bool is_allowed(char who, enum act act, enum place place, enum way way)
{
    const char *people = allowed[act][place][way];
    return people && is_one_of(who, people);
}

static int wrong;

static void try_cell(char who, enum act act, enum place place, enum way way)
{
    struct stage s = {0};
    set(&s, who, place, way);
    perform(&s, act, way);
    const struct person *witness = s.witness[acts[act].witness];
    check(s.witness[TOM]->conn && s.witness[FAY]->conn);
    bool may = has_heard(witness, acts[act].shows[way]);
    if (may != is_allowed(who, act, place, way)) {
        wrong++;
        printf("# %c may%s %s, in a room that is %s, by %s\n", who, may ? "" : " not",
               acts[act].word, place_words[place], way_words[way]);
    }
    world_end(&s.w);
}

static void try_place(enum place place)
{
    wrong = 0;
    for (const char *who = PEOPLE; *who; who++) {
        for (int way = 0; way < WAYS; way++) {
            for (int act = 0; act < ACTS; act++) {
                if (acts[act].lines[way]) {
                    try_cell(*who, (enum act)act, place, (enum way)way);
                }
            }
        }
    }
    check_number(wrong, 0);
}

static void a60_a_public_room(void)
{
    try_place(PUBLIC);
}

static void a60_a_hidden_room(void)
{
    try_place(HIDDEN);
}

static void a60_a_room_by_invitation(void)
{
    try_place(INVITED);
}

static void a60_a_room_by_password(void)
{
    try_place(PASSWORD);
}

static void a60_a_room_for_the_registered(void)
{
    try_place(REGISTERED);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a60_a_public_room);
    TEST(a60_a_hidden_room);
    TEST(a60_a_room_by_invitation);
    TEST(a60_a_room_by_password);
    TEST(a60_a_room_for_the_registered);
    return test_end();
}
