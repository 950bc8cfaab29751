#include "wire/detect.h"

#include "wire/http_head.h"

// Whether the input is something, as far as it goes.
enum match { MATCH_NO, MATCH_MAYBE, MATCH_YES };

struct opening {
    struct text line; // the first line, or what there is of it
    bool whole;       // it has ended
    bool control;     // it holds a byte that no line of a person has
};

enum { SE = 240, SB = 250, WILL = 251, DONT = 254, IAC = 255 };

static const char *const protocol_names[] = {
    [WIRE_UNDECIDED] = "undecided", [WIRE_PLAIN] = "plain",
    [WIRE_RELAY] = "relay",         [WIRE_IRC] = "irc",
    [WIRE_HTTP] = "http",           [WIRE_TLS] = "tls",
    [WIRE_CONTROL] = "control",     [WIRE_OTHER] = "other",
};

static const struct text irc_commands[] = {
    TEXT_INIT("CAP"),  TEXT_INIT("NICK"),         TEXT_INIT("USER"),
    TEXT_INIT("PASS"), TEXT_INIT("AUTHENTICATE"), TEXT_INIT("PING"),
};

const char *wire_protocol_name(enum wire_protocol protocol)
{
    return protocol_names[protocol];
}

static enum match match_tls(struct text bytes)
{
    if (bytes.len == 0 || bytes.at[0] != 0x16) {
        return MATCH_NO;
    }
    if (bytes.len == 1) {
        return MATCH_MAYBE;
    }
    return bytes.at[1] == 3 ? MATCH_YES : MATCH_NO;
}

static bool is_target_byte(char byte)
{
    return (unsigned char)byte > ' ' && byte != 0x7F;
}

// Takes the bytes off `t` that `belongs` accepts and the single space behind them.
static enum match take_part(struct text *t, bool (*belongs)(char byte))
{
    size_t len = 0;
    while (len < t->len && belongs(t->at[len])) {
        len++;
    }
    if (len == t->len) {
        return MATCH_MAYBE;
    }
    if (len == 0 || t->at[len] != ' ') {
        return MATCH_NO;
    }
    *t = text_skip(*t, len + 1);
    return MATCH_YES;
}

static enum match match_prefix(struct text t, struct text prefix)
{
    if (!text_starts(t, text_head(prefix, t.len))) {
        return MATCH_NO;
    }
    return t.len >= prefix.len ? MATCH_YES : MATCH_MAYBE;
}

static enum match match_http(struct text line)
{
    if (text_starts(line, TEXT("GET /"))) {
        return MATCH_YES;
    }
    enum match method = take_part(&line, http_is_token_byte);
    if (method != MATCH_YES) {
        return method;
    }
    enum match target = take_part(&line, is_target_byte);
    return target == MATCH_YES ? match_prefix(line, TEXT("HTTP/")) : target;
}

static bool is_irc_byte(char byte)
{
    return byte != ' ';
}

static struct text without_spaces(struct text t)
{
    while (t.len && *t.at == ' ') {
        t = text_skip(t, 1);
    }
    return t;
}

static enum match match_irc_command(struct text line)
{
    size_t len = text_find(line, ' ');
    struct text command = text_head(line, len);
    for (size_t i = 0; i < sizeof irc_commands / sizeof *irc_commands; i++) {
        if (len == line.len && text_equal_nocase(command, text_head(irc_commands[i], len))) {
            return MATCH_MAYBE;
        }
        if (len < line.len && text_equal_nocase(command, irc_commands[i])) {
            return without_spaces(text_skip(line, len)).len ? MATCH_YES : MATCH_MAYBE;
        }
    }
    return MATCH_NO;
}

static enum match match_irc(struct text line)
{
    for (const char *sign = "@:"; *sign; sign++) {
        if (line.len && *line.at == *sign) {
            if (take_part(&line, is_irc_byte) == MATCH_MAYBE) {
                return MATCH_MAYBE;
            }
            line = without_spaces(line);
        }
    }
    return match_irc_command(line);
}

// Mail and SSH clients that came to the wrong port.
static bool is_other(struct opening opening)
{
    struct text rest = opening.line;
    if (text_starts(rest, TEXT("SSH-"))) {
        return true;
    }
    if (opening.whole && (text_equal(rest, TEXT("HELO")) || text_equal(rest, TEXT("EHLO")))) {
        return true;
    }
    struct text word = text_head(rest, 5);
    return text_equal_nocase(word, TEXT("HELO ")) || text_equal_nocase(word, TEXT("EHLO "));
}

// Bytes of the telnet sequence at the start of `t` (RFC 854), as far as it has come.
static size_t telnet_len(struct text t)
{
    unsigned char command = t.len > 1 ? (unsigned char)t.at[1] : IAC;
    if (command < SE) {
        return 1;
    }
    if (command != SB) {
        return command >= WILL && command <= DONT ? 3 : 2;
    }
    for (size_t i = 2; i + 1 < t.len; i++) {
        if ((unsigned char)t.at[i] == IAC && (unsigned char)t.at[++i] == SE) {
            return i + 1;
        }
    }
    return t.len;
}

// Keys of a terminal in character mode are a person's too: backspace, tab, escape.
static bool is_control(char byte)
{
    return (unsigned char)byte < ' ' && (byte == '\0' || !strchr("\b\t\r\x1b", byte));
}

static struct opening opening_of(struct text bytes, bool paused)
{
    struct opening opening = {.line = bytes, .whole = paused};
    for (size_t i = 0; i < bytes.len; i++) {
        if ((unsigned char)bytes.at[i] == IAC) {
            i += telnet_len(text_skip(bytes, i)) - 1;
        } else if (bytes.at[i] == '\n' || (bytes.at[i] == '\0' && i && bytes.at[i - 1] == '\r')) {
            opening.line = text_head(bytes, i);
            opening.whole = true;
            break;
        } else if (is_control(bytes.at[i])) {
            opening.control = true;
        }
    }
    if (opening.whole && opening.line.len && opening.line.at[opening.line.len - 1] == '\r') {
        opening.line.len--;
    }
    return opening;
}

enum wire_protocol detect_protocol(struct text bytes, bool paused)
{
    bytes = text_head(bytes, DETECT_MAX_BYTES);
    enum match tls = match_tls(bytes);
    if (bytes.len == 0 || tls == MATCH_YES || (tls == MATCH_MAYBE && !paused)) {
        return tls == MATCH_YES ? WIRE_TLS : WIRE_UNDECIDED;
    }
    struct opening opening = opening_of(bytes, paused);
    if (is_other(opening)) {
        return WIRE_OTHER;
    }
    if (match_http(opening.line) == MATCH_YES) {
        return WIRE_HTTP;
    }
    // A browser can be made to send "NICK /x HTTP/1.1": IRC is known by a whole line.
    enum match irc = match_irc(opening.line);
    if (irc == MATCH_YES && opening.whole) {
        return WIRE_IRC;
    }
    if (opening.control && (opening.whole || irc == MATCH_NO)) {
        return WIRE_OTHER;
    }
    return opening.whole ? WIRE_PLAIN : WIRE_UNDECIDED;
}

// Methods in use are in capitals; without that every name would be the start of one.
static bool may_become_method(struct text bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if ((bytes.at[i] < 'A' || bytes.at[i] > 'Z') && bytes.at[i] != '-' && bytes.at[i] != '_') {
            return text_find(bytes, ' ') < bytes.len;
        }
    }
    return true;
}

bool detect_may_become_machine(struct text bytes)
{
    return match_tls(bytes) != MATCH_NO || match_irc(bytes) != MATCH_NO ||
           (match_http(bytes) != MATCH_NO && may_become_method(bytes));
}
