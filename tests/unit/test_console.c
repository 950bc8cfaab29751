#include "base/must.h"
#include "server/banner.h"
#include "server/console.h"
#include "server/console_format.h"
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct peer ann_peer = {.address = "192.168.1.101", .port = 54321};
static const struct peer six_peer = {.address = "2001:db8::1", .port = 5};
static const struct peer relay_peer = {
    .address = "10.0.0.99", .port = 51044, .listener_port = 12345};

// 14:30:10 UTC.
static const int64_t when_ms = 1763735410000;

static struct buf out;

static struct text chat(struct activity activity)
{
    buf_reset(&out);
    activity.wall_ms = activity.wall_ms ? activity.wall_ms : when_ms;
    console_format_chat(&activity, &out);
    return buf_text(&out);
}

static void the_chat_reads_as_documented(void)
{
    check_text(chat((struct activity){
                   .kind = ACTIVITY_JOINED, .name = TEXT("Alice"), .peer = &ann_peer, .online = 1}),
               "[14:30:10] [JOIN] Alice joined from 192.168.1.101:54321\n"
               "[INFO] Active clients: 1\n");
    check_text(chat((struct activity){.kind = ACTIVITY_MESSAGE,
                                      .wall_ms = when_ms + 8000,
                                      .name = TEXT("Alice"),
                                      .place = TEXT("#lobby"),
                                      .text = TEXT("Hello Bob!")}),
               "[14:30:18] [BROADCAST] Alice: Hello Bob!\n");
    check_text(chat((struct activity){.kind = ACTIVITY_LEFT,
                                      .name = TEXT("Bob"),
                                      .text = TEXT("quit"),
                                      .peer = &ann_peer,
                                      .online = 2}),
               "[14:30:10] [LEAVE] Bob left the chat\n"
               "[INFO] Active clients: 2\n");
}

static void what_is_said_elsewhere_names_the_room(void)
{
    check_text(chat((struct activity){.kind = ACTIVITY_MESSAGE,
                                      .name = TEXT("Bob"),
                                      .place = TEXT("#dev"),
                                      .text = TEXT("hi")}),
               "[14:30:10] [BROADCAST] #dev Bob: hi\n");
    check_text(chat((struct activity){.kind = ACTIVITY_ACTION,
                                      .name = TEXT("Bob"),
                                      .place = TEXT("#lobby"),
                                      .text = TEXT("waves")}),
               "[14:30:10] [BROADCAST] * Bob waves\n");
}

static void private_texts_are_never_shown(void)
{
    check_text(chat((struct activity){.kind = ACTIVITY_PRIVATE,
                                      .name = TEXT("Alice"),
                                      .place = TEXT("Bob"),
                                      .text = TEXT("secret")}),
               "[14:30:10] [PM] Alice -> Bob\n");
}

static void relays_read_as_documented(void)
{
    check_text(chat((struct activity){.kind = ACTIVITY_RELAY_IN, .peer = &relay_peer}),
               "New connection from ('10.0.0.99', 51044)\n");
    check_text(chat((struct activity){.kind = ACTIVITY_RELAYED,
                                      .name = TEXT("51044"),
                                      .place = TEXT("#relay-12345"),
                                      .text = TEXT("Hi!")}),
               "51044: Hi!\n");
    check_text(chat((struct activity){.kind = ACTIVITY_RELAY_OUT, .peer = &relay_peer}),
               "Client ('10.0.0.99', 51044) disconnected.\n");
}

static void what_was_not_kept_is_a_warning(void)
{
    check_text(
        chat((struct activity){.kind = ACTIVITY_REFUSED,
                               .name = TEXT("Bob"),
                               .place = TEXT("#lobby"),
                               .text = TEXT("the disk is full")}),
        "[14:30:10] [WARN] A message by Bob to #lobby could not be kept: the disk is full\n");
}

static void times_are_local(void)
{
    setenv("TZ", "XYZ-5:30", 1);
    tzset();
    struct text line =
        chat((struct activity){.kind = ACTIVITY_PRIVATE, .name = TEXT("A"), .place = TEXT("B")});
    setenv("TZ", "UTC", 1);
    tzset();
    check_text(line, "[20:00:10] [PM] A -> B\n");
}

static void a01_control_characters_are_shown_not_obeyed(void)
{
    check_text(
        chat((struct activity){.kind = ACTIVITY_MESSAGE,
                               .name = TEXT("A\x1b]0;x\x07"),
                               .place = TEXT("#r\r\n"),
                               .text = TEXT("\x1b[2J\n[INFO] lie\t\xe2\x80\xae\xe2\x80\xac")}),
        "[14:30:10] [BROADCAST] #r\\x0d\\x0a A\\x1b]0;x\\x07: "
        "\\x1b[2J\\x0a[INFO] lie\\x09\\u{202e}\\u{202c}\n");
}

static struct text logged(struct activity activity, const char *expected_event)
{
    buf_reset(&out);
    const char *event;
    enum log_level level;
    check(console_format_log(&activity, &event, &level, &out));
    check_text(text_of(event), expected_event);
    return buf_text(&out);
}

static void the_log_has_pairs(void)
{
    check_text(logged((struct activity){.kind = ACTIVITY_JOINED,
                                        .name = TEXT("Alice"),
                                        .peer = &six_peer,
                                        .online = 1},
                      "joined"),
               "name=\"Alice\" from=[2001:db8::1]:5 online=1");
    check_text(logged((struct activity){.kind = ACTIVITY_LEFT,
                                        .name = TEXT("Ali\"ce\\ from=x\n"),
                                        .text = TEXT("lost"),
                                        .peer = &six_peer,
                                        .online = 0},
                      "left"),
               "name=\"Ali\\\"ce\\\\ from=x\\x0a\" reason=\"lost\" online=0");
    check_text(
        logged((struct activity){.kind = ACTIVITY_RELAY_IN, .peer = &relay_peer}, "relay_in"),
        "from=10.0.0.99:51044");
}

static void the_log_never_has_texts(void)
{
    static const enum activity_kind said[] = {ACTIVITY_MESSAGE, ACTIVITY_ACTION, ACTIVITY_PRIVATE,
                                              ACTIVITY_RELAYED};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct activity activity = {.kind = said[i], .name = TEXT("A"), .text = TEXT("secret")};
        const char *event;
        enum log_level level;
        buf_reset(&out);
        check(!console_format_log(&activity, &event, &level, &out));
        check_number(out.len, 0);
    }
}

static const char *const lan[] = {"192.168.1.100"};

static struct text banner(const char *first, const char *second, uint32_t served)
{
    struct listen_uri uris[2];
    const char *why;
    check(listen_uri_parse(text_of(first), &uris[0], &why));
    check(!second || listen_uri_parse(text_of(second), &uris[1], &why));
    struct banner b = {.listeners = uris,
                       .listener_count = second ? 2 : 1,
                       .addresses = lan,
                       .address_count = 1,
                       .served = served};
    buf_reset(&out);
    banner_format(&b, &out);
    return buf_text(&out);
}

enum { PLAIN_ONLY = 1u << WIRE_PLAIN | 1u << WIRE_RELAY };

#define RULE "============================================================\n"

static void the_banner_reads_as_documented(void)
{
    uint32_t all = PLAIN_ONLY | 1u << WIRE_IRC | 1u << WIRE_HTTP;
    check_text(
        banner("any://0.0.0.0:5000", NULL, all), RULE
        "                           HOBNOB\n" RULE
        "Listening on 0.0.0.0:5000 (nc, IRC, browser, hobnob)\n"
        "Join from this machine:  hobnob            or  nc 127.0.0.1 5000   (then type your name)\n"
        "Join from the network:   hobnob 192.168.1.100   or  http://192.168.1.100:5000/\n" RULE);
}

static void the_banner_promises_only_what_is_served(void)
{
    check_text(
        banner("any://0.0.0.0:5173", "any://[::]:5173", PLAIN_ONLY), RULE
        "                           HOBNOB\n" RULE "Listening on 0.0.0.0:5173 (nc, hobnob)\n"
        "Listening on [::]:5173 (nc, hobnob)\n"
        "Join from this machine:  hobnob 127.0.0.1:5173   or  nc 127.0.0.1 5173   (then type your "
        "name)\n"
        "Join from the network:   hobnob 192.168.1.100:5173   or  nc 192.168.1.100 5173\n" RULE);
}

static void the_banner_offers_no_way_that_is_closed(void)
{
    check_text(banner("any://127.0.0.1:5000", "unix+plain:///tmp/s", PLAIN_ONLY),
               RULE "                           HOBNOB\n" RULE
                    "Listening on 127.0.0.1:5000 (nc, hobnob)\n"
                    "Listening on unix:/tmp/s (nc, hobnob)\n"
                    "Join from this machine:  hobnob            or  nc 127.0.0.1 5000   (then type "
                    "your name)\n" RULE);
}

static void a_relay_alone_needs_one_line(void)
{
    check_text(banner("relay://10.0.0.99:12345", NULL, PLAIN_ONLY),
               "Server listening on 10.0.0.99:12345\n");
}

// What `act` makes the console print on standard output and standard error, as one text.
static char *printed(enum console_mode mode, void (*act)(struct console *))
{
    int ends[2];
    check(pipe(ends) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        struct console *console = console_create(mode);
        act(console);
        console_destroy(console);
        _exit(0);
    }
    close(ends[1]);
    static char text[4 * 1024 * 1024];
    size_t len = 0;
    ssize_t got;
    while ((got = read(ends[0], text + len, sizeof text - 1 - len)) > 0) {
        len += (size_t)got;
    }
    text[len] = '\0';
    close(ends[0]);
    int status;
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return text;
}

static void say_one_of_each(struct console *c)
{
    console_relay_port(c, 12345);
    console_block(c, TEXT("banner\n"));
    console_accepted(c, &ann_peer, CLOSE_REASON_COUNT);
    console_accepted(c, &relay_peer, CLOSE_REASON_COUNT);
    console_activity(c, &(struct activity){.kind = ACTIVITY_JOINED,
                                           .wall_ms = when_ms,
                                           .name = TEXT("Alice"),
                                           .peer = &ann_peer,
                                           .online = 1});
    console_activity(c, &(struct activity){.kind = ACTIVITY_MESSAGE,
                                           .wall_ms = when_ms,
                                           .name = TEXT("Alice"),
                                           .place = TEXT("#lobby"),
                                           .text = TEXT("secret")});
    console_note(c, LOG_INFO, "event", "All is %s.", "\"well\"");
}

static void in_a_terminal_it_is_a_chat(void)
{
    check_text(text_of(printed(CONSOLE_CHAT, say_one_of_each)),
               "banner\n"
               "[INFO] New connection from 192.168.1.101:54321\n"
               "[14:30:10] [JOIN] Alice joined from 192.168.1.101:54321\n"
               "[INFO] Active clients: 1\n"
               "[14:30:10] [BROADCAST] Alice: secret\n"
               "[INFO] All is \"well\".\n");
}

static void elsewhere_it_is_a_log(void)
{
    char *text = printed(CONSOLE_LOG, say_one_of_each);
    check(strstr(text,
                 " level=info event=joined name=\"Alice\" from=192.168.1.101:54321 online=1\n"));
    check(strstr(text, " level=info event=event text=\"All is \\\"well\\\".\"\n"));
    check(!strstr(text, "secret") && !strstr(text, "banner") && !strstr(text, "accepted"));
}

static void trace(struct console *c)
{
    console_trace(c, TEXT("-> plain#12 Alice: \x1b[2Jhi"));
}

static void traces_are_lines_and_escaped(void)
{
    check_text(text_of(printed(CONSOLE_QUIET, trace)), "-> plain#12 Alice: \\x1b[2Jhi\n");
}

enum { FLOOD = 200000 };

static void flood(struct console *c)
{
    for (int i = 0; i < FLOOD; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        console_activity(
            c,
            &(struct activity){.kind = ACTIVITY_RELAYED, .name = TEXT("1"), .text = text_of(text)});
    }
}

// The console of a child process, flooded while nobody reads what it prints; it ends when
// `released` is closed.
static void flooded_child(int output, int flooded, int released)
{
    dup2(output, STDOUT_FILENO);
    struct console *console = console_create(CONSOLE_CHAT);
    flood(console);
    char byte = 0;
    bool told = write(flooded, &byte, 1) == 1 && read(released, &byte, 1) == 0;
    console_destroy(console);
    _exit(told ? 0 : 1);
}

// Reads whole lines: each is shown in its order, or counted.
static void check_flood(FILE *lines)
{
    long shown = 0;
    long dropped = 0;
    long last = -1;
    char line[256];
    while (!dropped && fgets(line, sizeof line, lines)) {
        long number;
        if (sscanf(line, "1: %ld", &number) == 1) {
            check(number > last);
            last = number;
            shown++;
        } else {
            check(sscanf(line, "[WARN] %ld lines are not shown here", &dropped) == 1);
        }
    }
    check(dropped > 0);
    check_number(shown + dropped, FLOOD);
}

static void what_does_not_fit_is_counted(void)
{
    int output[2], flooded[2], released[2];
    check(pipe(output) == 0 && pipe(flooded) == 0 && pipe(released) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(released[1]);
        flooded_child(output[1], flooded[1], released[0]);
    }
    close(output[1]);
    close(released[0]);
    char byte;
    check(read(flooded[0], &byte, 1) == 1);
    FILE *lines = fdopen(output[0], "r");
    check_flood(lines);
    close(released[1]);
    int status;
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fclose(lines);
    close(flooded[0]);
    close(flooded[1]);
}

static void a_stopped_terminal_stops_nobody(void)
{
    int ends[2];
    check(pipe(ends) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        struct console *console = console_create(CONSOLE_CHAT);
        flood(console); // nobody reads
        console_destroy(console);
        _exit(7);
    }
    int status;
    check(waitpid(child, &status, 0) == child);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    close(ends[0]);
    close(ends[1]);
}

static void refuse(struct console *c)
{
    for (int i = 0; i < 100; i++) {
        console_accepted(c, &ann_peer, CLOSE_TOO_FAST);
    }
}

static void a37_floods_of_refused_connections_are_few_lines(void)
{
    char *text = printed(CONSOLE_CHAT, refuse);
    check(text_starts(text_of(text),
                      TEXT("[INFO] Refused a connection from 192.168.1.101:54321 (too_fast)\n")));
    int lines = 0;
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        lines++;
    }
    check(lines >= 6 && lines < 20);
    check(strstr(text, " more connections were refused.\n"));
}

static void keep_nothing(struct console *c)
{
    for (int i = 0; i < 100; i++) {
        console_activity(c, &(struct activity){.kind = ACTIVITY_REFUSED,
                                               .wall_ms = when_ms,
                                               .name = TEXT("Alice"),
                                               .place = TEXT("#lobby"),
                                               .text = TEXT("The disk is full.")});
    }
}

// How many messages `text` says were not kept; `lines` is how many lines it needs for that.
static int not_kept(const char *text, int *lines)
{
    int sum = 0;
    for (*lines = 0; *text; text = strchr(text, '\n') + 1) {
        int more = 0;
        sum += sscanf(text, "[WARN] %d more messages could not be kept.", &more) == 1 ? more : 1;
        ++*lines;
    }
    return sum;
}

static void a_full_disk_is_a_line_each_second(void)
{
    char *text = printed(CONSOLE_CHAT, keep_nothing);
    check(text_starts(text_of(text), TEXT("[14:30:10] [WARN] A message by Alice to #lobby could "
                                          "not be kept: The disk is full.\n")));
    int lines;
    check_number(not_kept(text, &lines), 100);
    check(lines >= 2 && lines <= 6);
    text = printed(CONSOLE_LOG, keep_nothing);
    check(strstr(text, " event=not_kept name=\"Alice\" "));
    check(strstr(text, " level=warn event=not_kept_more text=\""));
}

// The number comes though nothing more happens, and the console is not ending.
static void what_a_flood_left_untold_is_told_soon(void)
{
    int ends[2], released[2];
    check(pipe(ends) == 0 && pipe(released) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(released[1]);
        dup2(ends[1], STDOUT_FILENO);
        struct console *console = console_create(CONSOLE_CHAT);
        keep_nothing(console);
        char byte;
        ssize_t got = read(released[0], &byte, 1);
        console_destroy(console);
        _exit(got == 0 ? 0 : 1);
    }
    close(ends[1]);
    close(released[0]);
    FILE *lines = fdopen(ends[0], "r");
    char line[200];
    int sum = 0;
    while (sum < 100 && fgets(line, sizeof line, lines)) {
        int count;
        sum += not_kept(line, &count);
    }
    check_number(sum, 100);
    close(released[1]);
    int status;
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fclose(lines);
}

static void log_one(struct console *c)
{
    (void)c;
    log_line(LOG_WARN, "accept_paused", "error=%s", "EMFILE");
}

static void what_others_log_is_printed(void)
{
    check(strstr(printed(CONSOLE_CHAT, log_one), " level=warn event=accept_paused error=EMFILE\n"));
    check(strstr(printed(CONSOLE_LOG, log_one), " level=warn event=accept_paused error=EMFILE\n"));
}

static void a_stopped_standard_error_stops_nobody_who_logs(void)
{
    int ends[2];
    check(pipe(ends) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        struct console *console = console_create(CONSOLE_LOG);
        for (int i = 0; i < 10000; i++) { // nobody reads
            log_line(LOG_WARN, "flood", "number=%d", i);
        }
        console_destroy(console);
        _exit(7);
    }
    int status;
    check(waitpid(child, &status, 0) == child);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    close(ends[0]);
    close(ends[1]);
}

int main(int argc, char **argv)
{
    setenv("TZ", "UTC", 1);
    tzset();
    buf_init(&out, 65536);
    test_begin(argc, argv);
    TEST(the_chat_reads_as_documented);
    TEST(what_is_said_elsewhere_names_the_room);
    TEST(private_texts_are_never_shown);
    TEST(relays_read_as_documented);
    TEST(what_was_not_kept_is_a_warning);
    TEST(times_are_local);
    TEST(a01_control_characters_are_shown_not_obeyed);
    TEST(the_log_has_pairs);
    TEST(the_log_never_has_texts);
    TEST(the_banner_reads_as_documented);
    TEST(the_banner_promises_only_what_is_served);
    TEST(the_banner_offers_no_way_that_is_closed);
    TEST(a_relay_alone_needs_one_line);
    TEST(in_a_terminal_it_is_a_chat);
    TEST(elsewhere_it_is_a_log);
    TEST(traces_are_lines_and_escaped);
    TEST(what_does_not_fit_is_counted);
    TEST(a_stopped_terminal_stops_nobody);
    TEST(a37_floods_of_refused_connections_are_few_lines);
    TEST(a_full_disk_is_a_line_each_second);
    TEST(what_a_flood_left_untold_is_told_soon);
    TEST(what_others_log_is_printed);
    TEST(a_stopped_standard_error_stops_nobody_who_logs);
    buf_finish(&out);
    return test_end();
}
