// Feeds and outputs against a naive model: each member's queue of items in the order in
// which they were said. The writer is fake: it takes as many bytes as it likes.
#include "base/buf.h"
#include "base/must.h"
#include "net/output.h"
#include "support/test.h"

enum { MEMBERS = 6, FEEDS = 4, USERS = 5, ITEMS = 4096, SEGMENTS = 4096, PIECES = 5 };

struct item {
    int feed; // -1: a reply, or a watch if it has no text
    uint64_t number;
    struct segment_line line;
    char text[40];
    size_t len;
    size_t sent;
    bool ended; // its subscription was ended after it was appended
};

struct member {
    struct output output;
    struct item items[ITEMS]; // from `first` on; cleared when empty
    size_t first, count;
    bool subscribed[FEEDS];
    bool ignored[USERS + 1];
    uint32_t session;
    uint32_t user;
    uint32_t once;
    uint64_t next_line[FEEDS]; // after the last one of which something was sent
    unsigned watches;          // reached, by the model
};

static struct world {
    struct feeds feeds;
    struct member members[MEMBERS];
    struct segment *segments[SEGMENTS]; // one reference of each is ours
    size_t segment_count;
    uint64_t lines[FEEDS];
    uint32_t once;
    unsigned said;
} world;

static void world_begin(void)
{
    memset(&world, 0, sizeof world);
    feeds_init(&world.feeds);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        output_init(&world.members[i].output);
        world.members[i].session = i + 1;
        world.members[i].user = 1 + i / 2; // two sessions each
    }
}

static struct item *member_push(struct member *m)
{
    must(m->count < ITEMS);
    return &m->items[m->count++];
}

static bool is_skipped(const struct member *m, const struct item *i)
{
    return i->feed >= 0 && i->sent == 0 &&
           (i->line.session == m->session || i->line.session == (m->user | SEGMENT_USER) ||
            (i->line.user && m->ignored[i->line.user]) ||
            (i->line.once && i->line.once <= m->once));
}

static bool is_watch(const struct item *i)
{
    return i->feed < 0 && i->len == 0;
}

// The next item that has bytes to send, or NULL. Passes what has none.
static struct item *member_front(struct member *m)
{
    for (; m->first < m->count; m->first++) {
        struct item *i = &m->items[m->first];
        m->watches += is_watch(i);
        if (!is_watch(i) && !is_skipped(m, i)) {
            return i;
        }
    }
    m->first = m->count = 0;
    return NULL;
}

static void member_takes(struct member *m, struct text bytes)
{
    while (bytes.len) {
        struct item *i = member_front(m);
        check(i != NULL);
        struct text rest = {i->text + i->sent, i->len - i->sent};
        struct text got = text_head(bytes, rest.len);
        check(text_equal(got, text_head(rest, got.len)));
        m->once = i->line.once ? i->line.once : m->once;
        i->sent += got.len;
        if (i->feed >= 0) {
            m->next_line[i->feed] = i->number + 1;
        }
        m->first += i->sent == i->len;
        bytes = text_skip(bytes, got.len);
    }
}

// Whom a line is not for: nobody, a session, or all those of a user.
static uint32_t any_session(void)
{
    switch (test_random(4)) {
    case 0:
        return 1 + test_random(MEMBERS);
    case 1:
        return (1 + test_random(MEMBERS / 2)) | SEGMENT_USER;
    default:
        return 0;
    }
}

static void append_line(struct buf *bytes, struct segment_line *line, struct item *i, int feed)
{
    *i = (struct item){.feed = feed, .number = world.lines[feed]++};
    int len = snprintf(i->text, sizeof i->text, "f%d l%u %.*s\n", feed, world.said++,
                       (int)test_random(20), "--------------------");
    i->len = (size_t)len;
    *line = (struct segment_line){
        .at = (uint32_t)bytes->len,
        .user = test_random(3) ? 0 : 1 + test_random(USERS),
        .session = any_session(),
        .once = test_random(8) ? 0 : (world.once += test_random(2), world.once),
    };
    i->line = *line;
    buf_add(bytes, (struct text){i->text, i->len});
}

static void do_append(void)
{
    struct segment_line lines[6];
    struct item items[6];
    struct buf bytes;
    int feed = (int)test_random(FEEDS);
    uint32_t count = 1 + test_random(6);
    uint64_t first = world.lines[feed];
    buf_init(&bytes, 4096);
    for (uint32_t i = 0; i < count; i++) {
        append_line(&bytes, &lines[i], &items[i], feed);
    }
    struct segment *s = segment_create(buf_text(&bytes), lines, count, first);
    buf_finish(&bytes);
    must(world.segment_count < SEGMENTS);
    world.segments[world.segment_count++] = segment_ref(s);
    feeds_append(&world.feeds, (uint32_t)feed, s, 0);
    for (struct member *m = world.members; m < world.members + MEMBERS; m++) {
        for (uint32_t i = 0; m->subscribed[feed] && i < count; i++) {
            *member_push(m) = items[i];
        }
    }
}

static struct member *any_member(void)
{
    return &world.members[test_random(MEMBERS)];
}

static void do_reply(void)
{
    struct member *m = any_member();
    struct item i = {.feed = -1};
    i.len = (size_t)snprintf(i.text, sizeof i.text, "reply %u\n", world.said++);
    *member_push(m) = i;
    output_reply(&m->output, &world.feeds, (struct text){i.text, i.len});
}

static void do_watch(void)
{
    struct member *m = any_member();
    *member_push(m) = (struct item){.feed = -1};
    output_watch(&m->output, &world.feeds);
}

static void do_subscribe(void)
{
    struct member *m = any_member();
    uint32_t feed = test_random(FEEDS);
    m->subscribed[feed] = true;
    output_subscribe(&m->output, &world.feeds, feed, m->user, m->session);
}

static void do_unsubscribe(void)
{
    struct member *m = any_member();
    uint32_t feed = test_random(FEEDS);
    m->subscribed[feed] = false;
    for (size_t i = m->first; i < m->count; i++) {
        m->items[i].ended = m->items[i].ended || m->items[i].feed == (int)feed;
    }
    output_unsubscribe(&m->output, &world.feeds, feed);
}

static void do_ignore(void)
{
    struct member *m = any_member();
    uint32_t user = 1 + test_random(USERS);
    m->ignored[user] = test_random(2);
    output_ignore(&m->output, user, m->ignored[user]);
}

// Some of what is gathered is sent, as the model expects it.
static bool member_write(struct member *m)
{
    struct iovec pieces[PIECES];
    size_t bytes;
    int count = output_gather(&m->output, &world.feeds, pieces, PIECES, &bytes);
    size_t sent = test_random(2) ? bytes : test_random((unsigned)bytes + 1);
    size_t rest = sent;
    bool to_the_end = sent == bytes && count < PIECES;
    for (int i = 0; i < count; i++) {
        size_t len = pieces[i].iov_len < rest ? pieces[i].iov_len : rest;
        member_takes(m, (struct text){pieces[i].iov_base, len});
        rest -= len;
    }
    if (to_the_end) {
        check(member_front(m) == NULL);
    }
    m->watches -= output_sent(&m->output, &world.feeds, sent);
    // The model may see a watch later than it is reached, but never miss one at the end.
    check(!to_the_end || m->watches == 0);
    return to_the_end;
}

static void do_write(void)
{
    member_write(any_member());
}

static void do_write_unit(void)
{
    struct member *m = any_member();
    bool is_rest = false;
    struct text unit = output_gather_unit(&m->output, &world.feeds, &is_rest);
    struct item *front = member_front(m);
    check((front == NULL) == (unit.len == 0));
    if (front) {
        check_number(is_rest, front->sent > 0);
        check(text_equal(unit, (struct text){front->text + front->sent, front->len - front->sent}));
    }
    bool all = unit.len < 2 || test_random(3);
    size_t sent = all ? unit.len : 1 + test_random((unsigned)unit.len - 1);
    member_takes(m, text_head(unit, sent));
    m->watches -= output_sent(&m->output, &world.feeds, sent);
}

static void on_lagged(void *context, uint32_t feed, uint64_t from_line)
{
    struct member *m = context;
    check(from_line >= m->next_line[feed]);
    for (size_t i = m->first; i < m->count; i++) {
        struct item *one = &m->items[i];
        bool dropped = one->feed == (int)feed && one->sent == 0 && !one->ended;
        // All that is dropped without being told of was to be left out anyhow.
        check(!dropped || one->number >= from_line || is_skipped(m, one));
    }
    m->subscribed[feed] = false;
}

static void do_lag(void)
{
    struct member *m = any_member();
    output_drop_lagging(&m->output, &world.feeds, 0, INT64_MIN, on_lagged, m);
    size_t kept = m->first;
    for (size_t i = m->first; i < m->count; i++) {
        if (m->items[i].feed < 0 || m->items[i].sent) {
            m->items[kept++] = m->items[i];
        }
    }
    m->count = kept;
}

static void let_go(void)
{
    for (size_t i = 0; i < world.segment_count; i++) {
        check_number(atomic_load(&world.segments[i]->refs), 1);
        segment_unref(world.segments[i]);
    }
    world.segment_count = 0;
}

// Everybody reads everything: then nothing is kept.
static void do_drain(void)
{
    for (struct member *m = world.members; m < world.members + MEMBERS; m++) {
        while (!member_write(m)) {
        }
        check(!output_waits(&m->output));
        check_number(m->output.reply_bytes, 0);
        check_number(output_behind_bytes(&m->output), 0);
    }
    let_go();
}

static void world_end(void)
{
    for (struct member *m = world.members; m < world.members + MEMBERS; m++) {
        output_finish(&m->output, &world.feeds);
    }
    let_go();
    check(world.feeds.by_id == NULL);
    feeds_finish(&world.feeds);
}

static void run(unsigned rounds, unsigned steps, bool lag)
{
    static void (*const actions[])(void) = {
        do_append, do_append,    do_append,    do_append,      do_reply,
        do_watch,  do_subscribe, do_subscribe, do_unsubscribe, do_ignore,
        do_write,  do_write,     do_write,     do_write_unit,  do_lag};
    unsigned count = sizeof actions / sizeof actions[0] - !lag;
    for (unsigned round = 0; round < rounds; round++) {
        world_begin();
        for (unsigned step = 0; step < steps; step++) {
            actions[test_random(count)]();
            if (test_random(200) == 0) {
                do_drain();
            }
        }
        world_end();
    }
}

static void every_member_gets_all_once_and_in_order(void)
{
    run(60, 2000, false);
}

static void what_is_dropped_is_said_and_half_lines_are_completed(void)
{
    run(60, 2000, true);
}

static void an_abandoned_output_completes_what_is_half_sent(void)
{
    struct iovec pieces[PIECES];
    size_t bytes;
    world_begin();
    struct output *o = &world.members[0].output;
    output_subscribe(o, &world.feeds, 1, 0, 1);
    struct segment_line line = {0};
    feeds_append(&world.feeds, 1, segment_create(TEXT("half a line\n"), &line, 1, 0), 0);
    output_gather(o, &world.feeds, pieces, PIECES, &bytes);
    output_sent(o, &world.feeds, 4);
    output_reply(o, &world.feeds, TEXT("dropped\n"));
    output_abandon(o, &world.feeds);
    output_reply(o, &world.feeds, TEXT("bye\n"));
    check_number(o->reply_bytes, 12);
    check_number(output_gather(o, &world.feeds, pieces, PIECES, &bytes), 2);
    check_text(((struct text){pieces[0].iov_base, pieces[0].iov_len}), " a line\n");
    output_sent(o, &world.feeds, 10);
    output_abandon(o, &world.feeds);
    check_number(output_gather(o, &world.feeds, pieces, PIECES, &bytes), 1);
    check_text(((struct text){pieces[0].iov_base, pieces[0].iov_len}), "e\n");
    world_end();
}

static void only_those_are_dropped_who_are_too_far_behind(void)
{
    struct segment_line line = {0};
    world_begin();
    struct member *m = &world.members[0];
    output_subscribe(&m->output, &world.feeds, 1, 0, 1);
    output_subscribe(&m->output, &world.feeds, 2, 0, 1);
    feeds_append(&world.feeds, 1, segment_create(TEXT("12345\n"), &line, 1, 0), 100);
    feeds_append(&world.feeds, 2, segment_create(TEXT("123\n"), &line, 1, 0), 200);
    check_number(output_oldest_us(&m->output), 100);
    check_number(output_behind_bytes(&m->output), 10);
    m->items[0] = (struct item){.feed = 1};
    m->items[1] = (struct item){.feed = 2};
    m->count = 2;
    m->subscribed[1] = m->subscribed[2] = true;
    output_drop_lagging(&m->output, &world.feeds, 6, 100, on_lagged, m);
    check(m->subscribed[1] && m->subscribed[2]);
    output_drop_lagging(&m->output, &world.feeds, 5, 100, on_lagged, m);
    check(!m->subscribed[1] && m->subscribed[2]);
    output_drop_lagging(&m->output, &world.feeds, 5, 201, on_lagged, m);
    check(!m->subscribed[2]);
    world_end();
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(every_member_gets_all_once_and_in_order);
    TEST(what_is_dropped_is_said_and_half_lines_are_completed);
    TEST(an_abandoned_output_completes_what_is_half_sent);
    TEST(only_those_are_dropped_who_are_too_far_behind);
    return test_end();
}
