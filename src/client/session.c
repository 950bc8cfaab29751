#include "client/session_parts.h"

#include "base/close_reason.h"
#include "base/utf8.h"
#include "client/options.h"

#include <stdarg.h>

enum {
    WAIT_MIN_MS = 1000,
    WAIT_MAX_MS = 30 * 1000,
    LASTING_MS = 60 * 1000,    // a connection that held so long was a good one
    RETURN_MS = 30 * 1000,     // how long the server may take to let us into our rooms
    SHOWN_MAX = 4 * 64 * 1024, // an escaped line of the framer's maximum
};

void session_init(struct session *s, const struct session_config *config,
                  const struct session_host *host)
{
    *s = (struct session){.config = *config, .host = *host, .farewell = -1};
    buf_init(&s->name, OPTIONS_NAME_MAX + 1);
    outbox_init(&s->outbox);
    rooms_init(&s->rooms);
    door_init(&s->door);
    buf_init(&s->way, ROOMS_LINES_MAX);
    buf_init(&s->visible, SHOWN_MAX);
    if (config->name && *config->name) {
        buf_printf(&s->name, "%s\n", config->name);
    }
}

void session_finish(struct session *s)
{
    buf_finish(&s->name);
    outbox_finish(&s->outbox);
    rooms_finish(&s->rooms);
    door_finish(&s->door);
    buf_finish(&s->way);
    buf_finish(&s->visible);
}

void session_tell(struct session *s, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    // It may name a room, and what that is called the server has said.
    s->host.tell(s->host.context, session_visible(s, text_of(sentence)));
}

struct text session_visible(struct session *s, struct text raw)
{
    buf_reset(&s->visible);
    utf8_add_visible(&s->visible, raw, true);
    return buf_text(&s->visible);
}

void session_show(struct session *s, struct text line)
{
    s->host.show(s->host.context, session_visible(s, line));
}

void session_ask(struct session *s, enum session_prompt prompt)
{
    s->asking = prompt == SESSION_PROMPT_NAME;
    s->door.asking = prompt == SESSION_PROMPT_SECRET;
    s->host.ask(s->host.context, prompt);
}

void session_end(struct session *s, int status)
{
    s->state = SESSION_IDLE;
    s->finished = true;
    s->host.finish(s->host.context, status);
}

// Without the line that leaves, which is the client's own.
static size_t count_waiting(const struct session *s)
{
    size_t lines = outbox_count(&s->outbox);
    return lines - (s->leaving && lines > 0);
}

// Leaves with what waits unsaid.
static void give_up(struct session *s, int status)
{
    size_t lines = count_waiting(s);
    if (lines) {
        session_tell(s, "Disconnected from chat server; %zu %s not sent.", lines,
                     lines == 1 ? "line was" : "lines were");
    } else if (s->been_in) {
        session_tell(s, "Disconnected from chat server.");
    }
    session_end(s, lines && status == 0 ? SESSION_EXIT_UNAVAILABLE : status);
}

static void connect_now(struct session *s)
{
    if (s->attempts == 0) {
        session_tell(s, "Connecting to %s…", s->config.where);
    }
    s->state = SESSION_CONNECTING;
    s->farewell = -1;
    s->host.connect(s->host.context);
}

void session_start(struct session *s)
{
    if (s->config.relay || s->name.len) {
        session_ask(s, SESSION_PROMPT_TALK);
        connect_now(s);
    } else {
        session_ask(s, SESSION_PROMPT_NAME);
    }
}

// Sets when to connect again and returns the wait in ms.
int64_t session_retry(struct session *s)
{
    int64_t wait_ms = WAIT_MIN_MS << (s->attempts < 5 ? s->attempts : 5);
    if (wait_ms > WAIT_MAX_MS) {
        wait_ms = WAIT_MAX_MS;
    }
    // Everybody who was thrown out at the same moment must not come back at the same moment.
    wait_ms = wait_ms * 3 / 4 + s->host.random(s->host.context, (unsigned)wait_ms / 2);
    s->attempts++;
    s->retry_ms = s->host.now_ms(s->host.context) + wait_ms;
    s->state = SESSION_WAITING;
    if (s->door.asking) {
        session_ask(s, SESSION_PROMPT_TALK);
    }
    outbox_restart(&s->outbox);
    rooms_restart(&s->rooms);
    buf_reset(&s->way);
    return wait_ms;
}

static long whole_seconds(int64_t ms)
{
    return (long)((ms + 999) / 1000);
}

// What waits was meant for a room where it cannot be said, so nobody else must see it.
static void hold_back(struct session *s, const char *why)
{
    size_t lines = count_waiting(s);
    struct text waiting = buf_text(&s->outbox.lines);
    if (lines) {
        session_tell(s, "%s, so what you typed was not sent to any room:", why);
    } else if (s->config.piped) {
        session_tell(s, "%s.", why);
    }
    for (size_t i = 0; i < lines; i++) {
        size_t end = text_find(waiting, '\n');
        s->host.tell(s->host.context, session_visible(s, text_head(waiting, end)));
        waiting = text_skip(waiting, end + 1);
    }
    if (s->config.piped) {
        // The rest of the pipe is for the same room, and nobody can choose another.
        s->host.disconnect(s->host.context);
        give_up(s, SESSION_EXIT_UNAVAILABLE);
        return;
    }
    outbox_finish(&s->outbox);
    outbox_init(&s->outbox);
}

static void set_out_for_rooms(struct session *s)
{
    s->state = SESSION_RETURNING;
    s->retry_ms = s->host.now_ms(s->host.context) + RETURN_MS;
    rooms_add_return(&s->rooms, &s->way);
    if (!s->rooms.current.len) {
        hold_back(s, "You were in no room when the connection was lost");
    }
}

static void return_failed(struct session *s)
{
    char why[512];
    snprintf(why, sizeof why, "You are not in %.*s any more",
             TEXT_ARG(text_head(s->rooms.current, 400)));
    rooms_forget_current(&s->rooms);
    s->state = SESSION_TALKING;
    // Its answer says where lines go now.
    buf_add(&s->way, TEXT("/room #lobby\n"));
    hold_back(s, why);
}

// Until the server has answered, what waits would be said in another room.
static void note_return(struct session *s, struct text line)
{
    enum rooms_answer answer = rooms_note_return(&s->rooms, line);
    if (answer == ROOMS_ENTERED) {
        s->state = SESSION_TALKING;
    } else if (answer == ROOMS_REFUSED) {
        return_failed(s);
    }
}

void session_let_in(struct session *s)
{
    s->state = SESSION_TALKING;
    if (rooms_need_return(&s->rooms)) {
        set_out_for_rooms(s);
        if (s->finished) {
            return;
        }
    }
    s->been_in = true;
    s->held_since_ms = 0;
    s->in_since_ms = s->host.now_ms(s->host.context);
    if (s->asking || s->door.asking) {
        session_ask(s, SESSION_PROMPT_TALK);
    }
    if (s->door.took_password && !s->door.exposed) {
        session_want_token(s);
    }
}

void session_connected(struct session *s, bool exposed)
{
    s->state = SESSION_NAMING;
    s->name_sent = 0;
    door_restart(&s->door);
    s->door.exposed = exposed;
    if (s->been_in) {
        session_tell(s, "✓ Connected again.");
    } else if (s->config.relay) {
        session_tell(s, "Connected to chat server. Type 'exit' to leave.");
    } else {
        session_tell(s, "✓ Connected successfully!");
    }
    if (s->config.relay) {
        session_let_in(s);
    }
}

void session_unreachable(struct session *s, bool host_unknown, const char *why)
{
    if (!s->been_in) {
        session_tell(
            s,
            host_unknown
                ? "The host of %s is not found (%s). Check its spelling, or use its address."
                : "No chat server answers at %s (%s). Is it running, and is the port right?",
            s->config.where, why);
        session_end(s, host_unknown ? SESSION_EXIT_NO_HOST : SESSION_EXIT_UNAVAILABLE);
        return;
    }
    bool still_growing = s->attempts < 6;
    int64_t wait_ms = session_retry(s);
    if (still_growing) {
        session_tell(s, "Still no connection (%s). Trying again in %ld s.", why,
                     whole_seconds(wait_ms));
    }
}

// Nobody has let us in yet and nobody will.
static void turned_away(struct session *s, const char *why)
{
    if (s->farewell < 0) {
        session_tell(s, "The server at %s closed the connection before the talk began (%s).",
                     s->config.where, why ? why : "without a reason");
    }
    session_end(s, s->farewell == CLOSE_NAME_TRIES ? SESSION_EXIT_NAME_REFUSED
                                                   : SESSION_EXIT_UNAVAILABLE);
}

static void lost(struct session *s, const char *why)
{
    if (s->in_since_ms && s->host.now_ms(s->host.context) - s->in_since_ms >= LASTING_MS) {
        s->attempts = 0;
    }
    s->in_since_ms = 0;
    int64_t wait_ms = session_retry(s);
    session_tell(s, "Disconnected: %s. Trying again in %ld s; what you type is kept.",
                 why ? why : "the server closed the connection", whole_seconds(wait_ms));
}

// The connection is gone after the line that leaves was sent.
static void left(struct session *s, const char *why)
{
    if (!why && s->farewell == CLOSE_SHUTDOWN) {
        why = "the server shut down";
    }
    if (why) {
        session_tell(s, "Disconnected from chat server (%s); the last lines may be lost.", why);
    } else {
        session_tell(s, "Disconnected from chat server.");
    }
    session_end(s, why ? SESSION_EXIT_UNAVAILABLE : s->status);
}

void session_closed(struct session *s, const char *why)
{
    if (s->leaving && outbox_count(&s->outbox) == 0) {
        left(s, why);
    } else if (s->leaving && !s->config.piped) {
        give_up(s, SESSION_EXIT_UNAVAILABLE);
    } else if (!s->been_in) {
        turned_away(s, why);
    } else {
        lost(s, why);
    }
}

int session_find_farewell(struct text sentence)
{
    for (int reason = 0; reason < CLOSE_REASON_COUNT; reason++) {
        struct text farewell = close_reason_sentence((enum close_reason)reason);
        if (farewell.len && text_equal(farewell, sentence)) {
            return reason;
        }
    }
    return -1;
}

// "[SYSTEM] You are now known as Bea.": we are Bea also after a reconnection. What people
// say cannot look like this, because it begins with the time.
static void note_own_name(struct session *s, struct text line)
{
    struct text start = TEXT("[SYSTEM] You are now known as ");
    struct text name = text_skip(line, start.len);
    if (text_starts(line, start) && name.len > 1 && name.len <= OPTIONS_NAME_MAX) {
        buf_reset(&s->name);
        buf_add(&s->name, text_head(name, name.len - 1));
        buf_add_char(&s->name, '\n');
    }
}

// "[14:40:00] [SYSTEM] The server is shutting down", or "[SYSTEM] Goodbye."
static void note_farewell(struct session *s, struct text line)
{
    struct text shutdown = TEXT("] [SYSTEM] The server is shutting down");
    struct text system = TEXT("[SYSTEM] ");
    if (text_starts(line, system)) {
        s->farewell = session_find_farewell(text_skip(line, system.len));
    } else if (text_equal(text_skip(line, text_find(line, ']')), shutdown)) {
        s->farewell = CLOSE_SHUTDOWN;
    }
}

void session_line(struct session *s, struct text line)
{
    if (s->state == SESSION_NAMING) {
        session_line_before_in(s, line);
    } else if (s->state == SESSION_TALKING || s->state == SESSION_RETURNING) {
        if (session_note_token(s, line)) {
            return;
        }
        note_own_name(s, line);
        note_farewell(s, line);
        session_show(s, line);
        if (s->state == SESSION_RETURNING) {
            note_return(s, line);
        } else if (!s->config.relay) {
            rooms_note_line(&s->rooms, line);
        }
    }
}

void session_line_too_long(struct session *s)
{
    session_tell(s, "(A line from the server was too long to be shown.)");
}

// Which lines leave, and not only say so.
static bool is_leave(const struct session *s, struct text line)
{
    struct text rest = text_trim(line);
    if (s->config.relay) {
        return text_equal_nocase(rest, TEXT("exit")) || text_equal_nocase(rest, TEXT("quit"));
    }
    struct text command = text_word(&rest);
    bool is_command = text_starts(line, TEXT("/")) && utf8_valid(line);
    return is_command &&
           (text_equal_nocase(command, TEXT("/quit")) || text_equal_nocase(command, TEXT("/exit")));
}

// Says `line`, which leaves, behind what waits; the server then closes the connection.
static void leave(struct session *s, struct text line)
{
    bool nobody_to_wait_for =
        s->state == SESSION_IDLE || (!s->config.piped && s->state != SESSION_TALKING);
    if (nobody_to_wait_for) {
        s->host.disconnect(s->host.context);
        give_up(s, s->status);
        return;
    }
    s->leaving = true;
    outbox_add_last(&s->outbox, line);
}

static void name_typed(struct session *s, struct text line)
{
    struct buf why;
    buf_init(&why, 256);
    struct text name = text_trim(line);
    if (options_name_fits(name, &why)) {
        buf_reset(&s->name);
        buf_add(&s->name, name);
        buf_add_char(&s->name, '\n');
        session_ask(s, SESSION_PROMPT_TALK);
        if (s->state == SESSION_IDLE) {
            connect_now(s);
        }
    } else if (name.len) {
        session_tell(s, "%.*s", TEXT_ARG(text_trim(buf_text(&why))));
    }
    buf_finish(&why);
}

void session_typed(struct session *s, struct text line)
{
    if (s->finished || s->leaving) {
        return;
    }
    if (s->asking) {
        name_typed(s, line);
    } else if (s->door.asking) {
        door_answer(&s->door, line);
        session_ask(s, SESSION_PROMPT_TALK);
    } else if (line.len > OUTBOX_LINE_MAX) {
        session_typed_too_long(s);
    } else if (is_leave(s, line)) {
        leave(s, line);
    } else if (text_trim(line).len && !outbox_add(&s->outbox, line)) {
        session_tell(s, "Too many lines wait to be sent already, so that line was not kept.%s",
                     s->config.piped ? "" : " Press Up to get it back.");
    }
}

void session_typed_too_long(struct session *s)
{
    s->status = s->config.piped ? SESSION_EXIT_LINE_REFUSED : 0;
    session_tell(s, "That line was not sent: a line may have %d bytes.%s", OUTBOX_LINE_MAX,
                 s->config.piped ? "" : " Press Up to get it back and shorten it.");
}

void session_input_ended(struct session *s)
{
    if (!s->finished && !s->leaving) {
        leave(s, s->config.relay ? TEXT("exit") : TEXT("/quit"));
    }
}

void session_interrupted(struct session *s)
{
    if (s->finished) {
        return;
    }
    bool can_wait = s->state == SESSION_TALKING && !s->leaving;
    if (!can_wait) {
        s->host.disconnect(s->host.context);
        give_up(s, s->status);
        return;
    }
    session_input_ended(s);
    if (count_waiting(s)) {
        session_tell(s,
                     "Leaving when the last lines are sent. Press Ctrl-C again to leave at once.");
    }
}

struct text session_outgoing(const struct session *s)
{
    if (s->state == SESSION_NAMING) {
        return s->name_sent < s->name.len ? text_skip(buf_text(&s->name), s->name_sent)
                                          : buf_text(&s->door.secret);
    }
    if (s->way.len && (s->state == SESSION_RETURNING || s->state == SESSION_TALKING)) {
        return buf_text(&s->way);
    }
    return s->state == SESSION_TALKING ? outbox_rest(&s->outbox) : TEXT("");
}

// Tells the rooms about the lines that the next `count` bytes complete.
static void note_sent(struct session *s, size_t count)
{
    struct text sent = text_head(buf_text(&s->outbox.lines), s->outbox.sent + count);
    size_t end;
    while ((end = text_find(sent, '\n')) < sent.len) {
        rooms_note_sent(&s->rooms, text_head(sent, end));
        sent = text_skip(sent, end + 1);
    }
}

void session_sent(struct session *s, size_t count)
{
    if (s->state == SESSION_NAMING && s->name_sent < s->name.len) {
        s->name_sent += count;
    } else if (s->state == SESSION_NAMING) {
        door_sent(&s->door, count);
    } else if (s->way.len) {
        buf_drop(&s->way, count);
    } else {
        note_sent(s, count);
        outbox_sent(&s->outbox, count);
    }
}

bool session_wants_input(const struct session *s)
{
    return !s->finished && !s->leaving && outbox_has_room(&s->outbox);
}

int64_t session_deadline_ms(const struct session *s)
{
    bool waits = s->state == SESSION_WAITING || s->state == SESSION_RETURNING;
    return waits ? s->retry_ms : -1;
}

void session_tick(struct session *s)
{
    if (session_deadline_ms(s) < 0 || s->host.now_ms(s->host.context) < s->retry_ms) {
        return;
    }
    if (s->state == SESSION_WAITING) {
        connect_now(s);
    } else {
        return_failed(s);
    }
}
