#include "base/must.h"
#include "base/utf8.h"
#include "support/fake_net_state.h"

// Lines of IRC end with CR, and may have what formats text.
static bool is_clean_irc(struct text line)
{
    return text_find(line, '\r') == line.len - 1 && text_find(line, '\0') == line.len &&
           utf8_valid(line);
}

static bool is_clean(struct text line)
{
    if (line.len && line.at[line.len - 1] == '\r') {
        return is_clean_irc(line);
    }
    for (size_t i = 0; i < line.len; i++) {
        unsigned char byte = (unsigned char)line.at[i];
        bool c1 = byte == 0xC2 && i + 1 < line.len && (unsigned char)line.at[i + 1] < 0xA0;
        if ((byte < ' ' && byte != '\t') || byte == 0x7F || c1) {
            return false;
        }
    }
    return utf8_valid(line);
}

// Blocks are whole lines, each ended by LF and, but for IRC, without other control characters but
// tabs.
static void check_block(const struct fake_net *net, struct text block)
{
    fake_demand(net, block.len && block.at[block.len - 1] == '\n', "a block is not whole lines");
    while (block.len) {
        size_t end = text_find(block, '\n');
        fake_demand(net, is_clean(text_head(block, end)),
                    "a line has control characters or is not UTF-8");
        block = text_skip(block, end + 1);
    }
}

static uint64_t now(const struct fake_net *net)
{
    return net->receiver.now ? net->receiver.now(net->receiver.context) : 0;
}

// `number` of 0: a reply.
static void arrive(struct fake_conn *conn, struct text block, uint64_t number, uint64_t time)
{
    const struct fake_receiver *receiver = &conn->net->receiver;
    while (block.len) {
        size_t end = text_find(block, '\n');
        struct fake_line line = {text_head(block, end), number != 0, number, time};
        receiver->line(receiver->context, conn->person, &line);
        block = text_skip(block, end + 1);
        // The further lines of one event are others to whoever compares numbers.
        number += number ? (uint64_t)1 << 32 : 0;
    }
}

static void unread_free(struct fake_conn *conn, struct unread *unread)
{
    DL_DELETE(conn->unread, unread);
    conn->reply_bytes -= unread->segment ? 0 : unread->len;
    segment_unref(unread->segment);
    free(unread);
}

static struct unread *unread_add(struct fake_conn *conn, size_t bytes)
{
    struct unread *unread = mem_alloc(sizeof *unread + bytes);
    unread->time = now(conn->net);
    DL_APPEND(conn->unread, unread);
    return unread;
}

void fake_conn_read_all(struct fake_conn *conn)
{
    while (conn->unread) {
        struct unread *first = conn->unread;
        struct text text = first->segment ? segment_line_text(first->segment, first->line)
                                          : (struct text){first->reply, first->len};
        arrive(conn, text, first->number, first->time);
        unread_free(conn, first);
    }
}

void fake_conn_get_reply(struct fake_conn *conn, struct text block)
{
    check_block(conn->net, block);
    if (!conn->slow) {
        arrive(conn, block, 0, now(conn->net));
        return;
    }
    struct unread *unread = unread_add(conn, block.len);
    unread->len = block.len;
    memcpy(unread->reply, block.at, block.len);
    conn->reply_bytes += block.len;
}

static struct fake_feed *find_feed(const struct fake_net *net, uint32_t id)
{
    struct fake_feed *feed = NULL;
    HASH_FIND(hh, net->feeds, &id, sizeof id, feed);
    return feed;
}

static size_t find_subscriber(const struct fake_feed *feed, const struct fake_conn *conn)
{
    size_t i = 0;
    while (i < feed->count && feed->at[i].conn != conn) {
        i++;
    }
    return i;
}

static void drop_subscriber(struct fake_net *net, struct fake_feed *feed, size_t i)
{
    feed->at[i] = feed->at[--feed->count];
    if (feed->count == 0) {
        HASH_DELETE(hh, net->feeds, feed);
        free(feed->at);
        free(feed);
    }
}

void fake_conn_forget(struct fake_conn *conn)
{
    struct fake_net *net = conn->net;
    struct fake_feed *feed;
    struct fake_feed *next_feed;
    HASH_ITER(hh, net->feeds, feed, next_feed)
    {
        size_t i = find_subscriber(feed, conn);
        if (i < feed->count) {
            drop_subscriber(net, feed, i);
        }
    }
    while (conn->unread) {
        unread_free(conn, conn->unread);
    }
}

static bool ignores(const struct fake_conn *conn, uint32_t user)
{
    for (size_t i = 0; i < conn->ignored_count; i++) {
        if (conn->ignored[i] == user) {
            return true;
        }
    }
    return false;
}

static bool is_for(struct fake_conn *conn, struct member_tag tag, const struct segment_line *line)
{
    if ((line->session &&
         (line->session == tag.session || line->session == (tag.user | SEGMENT_USER))) ||
        (line->once && line->once <= conn->once) || (line->user && ignores(conn, line->user))) {
        return false;
    }
    if (line->once) {
        conn->once = line->once;
    }
    return true;
}

static size_t behind(const struct fake_conn *conn, uint32_t feed)
{
    size_t bytes = 0;
    const struct unread *unread;
    DL_FOREACH(conn->unread, unread)
    {
        bytes += unread->segment && unread->feed == feed ? unread->len : 0;
    }
    return bytes;
}

// Takes what it has not read of the feed away; the subscription goes as well.
static void lag(struct fake_conn *conn, uint32_t feed)
{
    struct unread *unread;
    struct unread *next;
    uint64_t from_line = UINT64_MAX;
    DL_FOREACH_SAFE(conn->unread, unread, next)
    {
        if (unread->segment && unread->feed == feed) {
            uint64_t line = unread->segment->first_line + unread->line;
            from_line = line < from_line ? line : from_line;
            unread_free(conn, unread);
        }
    }
    fake_report(conn, INPUT_LAGGED, feed, from_line);
    conn->watched = true;
}

// Returns true when the connection has lost its place.
static bool deliver(struct fake_conn *conn, uint32_t feed, struct segment *segment, uint32_t i)
{
    struct text text = segment_line_text(segment, i);
    if (!conn->slow) {
        arrive(conn, text, conn->net->last_number, now(conn->net));
        return false;
    }
    struct unread *unread = unread_add(conn, 0);
    unread->segment = segment_ref(segment);
    unread->line = i;
    unread->number = conn->net->last_number;
    unread->feed = feed;
    unread->len = text.len;
    return behind(conn, feed) > conn->lag_bytes;
}

static void deliver_line(struct fake_net *net, uint32_t id, struct segment *segment, uint32_t i)
{
    check_block(net, segment_line_text(segment, i));
    net->last_number++;
    struct fake_feed *feed = find_feed(net, id);
    for (size_t s = 0; feed && s < feed->count;) {
        struct subscriber *subscriber = &feed->at[s];
        if (!subscriber->conn->vanished &&
            is_for(subscriber->conn, subscriber->tag, &segment->lines[i]) &&
            deliver(subscriber->conn, id, segment, i)) {
            lag(subscriber->conn, id);
            drop_subscriber(net, feed, s);
            feed = find_feed(net, id);
        } else {
            s++;
        }
    }
}

void fake_out_append(void *context, uint32_t id, struct segment *segment)
{
    struct fake_net *net = context;
    struct fake_feed *feed = find_feed(net, id);
    if (feed) {
        fake_demand(net, !feed->begun || feed->next_line == segment->first_line,
                    "a feed's line numbers have a hole");
        feed->begun = true;
        feed->next_line = segment->first_line + segment->line_count;
        for (uint32_t i = 0; i < segment->line_count; i++) {
            deliver_line(net, id, segment, i);
        }
    }
    segment_unref(segment);
}

void fake_out_subscribe(void *context, struct handle handle, uint32_t id, struct member_tag tag)
{
    struct fake_net *net = context;
    struct fake_conn *conn = fake_named_by(net, handle);
    struct fake_feed *feed = find_feed(net, id);
    fake_demand(net, tag.user && tag.session, "a subscription without user or session");
    if (!conn) {
        return;
    }
    if (!feed) {
        feed = mem_alloc(sizeof *feed);
        feed->id = id;
        HASH_ADD(hh, net->feeds, id, sizeof feed->id, feed);
    }
    fake_demand(net, find_subscriber(feed, conn) == feed->count, "a feed is subscribed to twice");
    if (feed->count == feed->size) {
        feed->size = feed->size ? feed->size * 2 : 4;
        feed->at = mem_grow(feed->at, feed->size * sizeof *feed->at);
    }
    feed->at[feed->count++] = (struct subscriber){conn, tag};
}

// The core leaves a feed in which somebody lagged once more: it cannot know whether there is a
// newer subscription to it.
static bool has_lagged(const struct fake_conn *conn, uint32_t id)
{
    for (uint32_t i = 0; i < FAKE_LAGS && i < conn->lag_count; i++) {
        if (conn->lagged_feeds[i] == id) {
            return true;
        }
    }
    const struct input *input;
    DL_FOREACH(conn->net->inbox, input)
    {
        if (input->conn == conn && input->kind == INPUT_LAGGED && input->feed == id) {
            return true;
        }
    }
    return false;
}

void fake_out_unsubscribe(void *context, struct handle handle, uint32_t id)
{
    struct fake_net *net = context;
    struct fake_conn *conn = fake_named_by(net, handle);
    struct fake_feed *feed = find_feed(net, id);
    size_t i = feed && conn ? find_subscriber(feed, conn) : 0;
    if (feed && conn && i < feed->count) {
        drop_subscriber(net, feed, i);
    } else if (conn) {
        fake_demand(net, has_lagged(conn, id), "a feed is left that is not subscribed to");
    }
}

void fake_out_ignore(void *context, struct handle handle, uint32_t user, bool ignored)
{
    struct fake_net *net = context;
    struct fake_conn *conn = fake_named_by(net, handle);
    if (!conn || ignores(conn, user) == ignored) {
        return;
    }
    if (ignored) {
        fake_demand(net, conn->ignored_count < FAKE_IGNORED_MAX, "a list of ignored users grows");
        conn->ignored = mem_grow(conn->ignored, (conn->ignored_count + 1) * sizeof(uint32_t));
        conn->ignored[conn->ignored_count++] = user;
        return;
    }
    size_t i = 0;
    while (conn->ignored[i] != user) {
        i++;
    }
    conn->ignored[i] = conn->ignored[--conn->ignored_count];
}
