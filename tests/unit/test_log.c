#include "base/log.h"
#include "support/test.h"

#include <pthread.h>
#include <unistd.h>

static FILE *file;
static int real_stderr;
static char page[1 << 20];

static void capture(void)
{
    file = tmpfile();
    check(file != NULL);
    real_stderr = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
}

static struct text captured(void)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    rewind(file);
    size_t len = fread(page, 1, sizeof page, file);
    fclose(file);
    return (struct text){page, len};
}

// The one line that was logged, without its time.
static struct text captured_line(void)
{
    struct text line = captured();
    check_number(text_find(line, '\n'), line.len - 1);
    check(text_starts(line, TEXT("time=2")));
    text_word(&line);
    return text_head(line, line.len - 1);
}

static void a_line_has_time_level_event_and_details(void)
{
    capture();
    log_line(LOG_WARN, "accept_paused", "open=%d limit=%s", 7, "x");
    check_text(captured_line(), "level=warn event=accept_paused open=7 limit=x");
    capture();
    log_line(LOG_ERROR, "lost", "%s", "");
    check_text(captured_line(), "level=error event=lost");
}

static void levels_below_the_threshold_are_silent(void)
{
    capture();
    log_line(LOG_DEBUG, "hidden", "%s", "x");
    check_number(captured().len, 0);
    log_level_set(LOG_DEBUG);
    check(log_enabled(LOG_DEBUG));
    capture();
    log_line(LOG_DEBUG, "shown", "%s", "x");
    log_level_set(LOG_INFO);
    check_text(captured_line(), "level=debug event=shown x");
    check(!log_enabled(LOG_DEBUG));
}

static void a01_controls_do_not_break_the_line(void)
{
    capture();
    log_line(LOG_INFO, "said", "text=%s", "a\r\nb\x1b[2J\u202e\u202c");
    check_text(captured_line(),
               "level=info event=said text=a\\x0d\\x0ab\\x1b[2J\\u{202e}\\u{202c}");
}

static void a06_invalid_utf8_is_escaped(void)
{
    capture();
    log_line(LOG_INFO, "said", "text=%s", "a\xff");
    check_text(captured_line(), "level=info event=said text=a\\xff");
}

static void a08_percent_signs_are_bytes(void)
{
    capture();
    log_line(LOG_INFO, "said", "text=%s", "%n%s%x");
    check_text(captured_line(), "level=info event=said text=%n%s%x");
}

static void a03_a_long_line_is_cut_and_still_ends(void)
{
    static char long_text[10000];
    memset(long_text, '\n', sizeof long_text - 1);
    capture();
    log_line(LOG_INFO, "said", "text=%s", long_text);
    struct text line = captured_line();
    check(line.len > 7000 && line.len < 8192);
}

static char sunk[256];

static void sink_write(struct log_sink *sink, struct text line)
{
    (void)sink;
    snprintf(sunk, sizeof sunk, "%.*s", TEXT_ARG(line));
}

static void lines_go_where_they_are_led(void)
{
    struct log_sink sink = {sink_write};
    log_to(&sink);
    capture();
    log_line(LOG_INFO, "led", "to=%s", "the sink");
    check_number(captured().len, 0);
    log_to(NULL);
    check(text_starts(text_of(sunk), TEXT("time=2")));
    check(strstr(sunk, " level=info event=led to=the sink\n"));
    capture();
    log_line(LOG_INFO, "back", "%s", "");
    check_text(captured_line(), "level=info event=back");
}

static void *log_many(void *word)
{
    for (int i = 0; i < 500; i++) {
        log_line(LOG_INFO, "many", "text=%s", (const char *)word);
    }
    return NULL;
}

static void lines_of_threads_are_whole(void)
{
    static char *const words[] = {"one", "two", "three", "four"};
    pthread_t threads[4];
    capture();
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, log_many, words[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    struct text rest = captured();
    int lines = 0;
    for (; rest.len; lines++) {
        size_t end = text_find(rest, '\n');
        struct text line = text_head(rest, end);
        text_word(&line);
        check(text_starts(line, TEXT("level=info event=many text=")) && line.len <= 32);
        rest = text_skip(rest, end + 1);
    }
    check_number(lines, 2000);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_line_has_time_level_event_and_details);
    TEST(levels_below_the_threshold_are_silent);
    TEST(a01_controls_do_not_break_the_line);
    TEST(a06_invalid_utf8_is_escaped);
    TEST(a08_percent_signs_are_bytes);
    TEST(a03_a_long_line_is_cut_and_still_ends);
    TEST(lines_go_where_they_are_led);
    TEST(lines_of_threads_are_whole);
    return test_end();
}
