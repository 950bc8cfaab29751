#include "protocol/irc_caps.h"
#include "protocol/irc_multiline.h"
#include "protocol/irc_render.h"
#include "support/test.h"

static struct message said(const char *text, const char *tags)
{
    return (struct message){.id = 0x1f,
                            .time_ms = 1769860800123,
                            .kind = MESSAGE_SAY,
                            .sender_name = TEXT("Ann"),
                            .sender_mask = TEXT("a@h"),
                            .text = text_of(text),
                            .tags = text_of(tags)};
}

static void check_parts(const char *text, const char *tags, size_t most, const char *expected)
{
    struct message message = said(text, tags);
    struct irc_parts parts = irc_parts_of(&message, most);
    struct buf out;
    buf_init(&out, 4096);
    while (irc_parts_next(&parts)) {
        buf_printf(&out, "%s%.*s|", parts.joined ? "+" : "", TEXT_ARG(parts.part));
    }
    check_text(buf_text(&out), expected);
    buf_finish(&out);
}

static void texts_are_cut_at_line_ends_joins_and_where_they_are_too_long(void)
{
    check_parts("hello", "", 100, "hello|");
    check_parts("", "", 100, "|");
    check_parts("a\n\nb", "", 100, "a||b|");
    check_parts("a\n", "", 100, "a||");
    check_parts("hello", "", 2, "he|+ll|+o|");
    check_parts("ab\ncd", "", 2, "ab|cd|");
    check_parts("a how is everyone?", "joins=9;+x=y", 100, "a how is |+everyone?|");
    check_parts("abcdef\ngh", "joins=2,4,8;", 100, "ab|+cd|+ef|g|+h|");
    check_parts("abcdef", "joins=4;", 3, "abc|+d|+ef|");
    check_parts("abc", "joins=x,9999;", 100, "abc|");
    check_text(irc_multiline_tags(TEXT("joins=9;+x=y")), "+x=y");
    check_text(irc_multiline_tags(TEXT("joins=9;")), "");
    check_text(irc_multiline_tags(TEXT("+x=y")), "+x=y");
}

static void check_rendered(const char *text, const char *tags, uint32_t caps, const char *batch,
                           const char *expected)
{
    struct message message = said(text, tags);
    struct buf out;
    buf_init(&out, 64 * 1024);
    irc_render_message(&message, TEXT("#a"), TEXT(""), caps, batch, &out);
    check_text(buf_text(&out), expected);
    buf_finish(&out);
}

static void others_get_several_lines_and_no_blank_ones(void)
{
    check_rendered("a\n\nb c", "joins=5;+x=y", 0, NULL,
                   ":Ann!a@h PRIVMSG #a :a\r\n"
                   ":Ann!a@h PRIVMSG #a :b \r\n"
                   ":Ann!a@h PRIVMSG #a :c\r\n");
    check_rendered("a\nb", "joins=9;+x=y", CAP_MESSAGE_TAGS, NULL,
                   "@msgid=1f;+x=y :Ann!a@h PRIVMSG #a :a\r\n"
                   "@+x=y :Ann!a@h PRIVMSG #a :b\r\n");
}

static void those_who_can_get_one_batch(void)
{
    check_rendered("a\n\nb c", "joins=5;+x=y",
                   CAP_MESSAGE_TAGS | CAP_BATCH | CAP_MULTILINE | CAP_SERVER_TIME, "7",
                   "@batch=7;time=2026-01-31T12:00:00.123Z;msgid=1f;+x=y :Ann!a@h BATCH +m1f "
                   "draft/multiline #a\r\n"
                   "@batch=m1f :Ann!a@h PRIVMSG #a :a\r\n"
                   "@batch=m1f :Ann!a@h PRIVMSG #a :\r\n"
                   "@batch=m1f :Ann!a@h PRIVMSG #a :b \r\n"
                   "@batch=m1f;draft/multiline-concat :Ann!a@h PRIVMSG #a :c\r\n"
                   ":Ann!a@h BATCH -m1f\r\n");
    check_rendered("a", "", CAP_BATCH | CAP_MULTILINE, NULL, ":Ann!a@h PRIVMSG #a :a\r\n");
    check_rendered("a\nb", "", CAP_MULTILINE, NULL,
                   ":Ann!a@h PRIVMSG #a :a\r\n:Ann!a@h PRIVMSG #a :b\r\n");
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(texts_are_cut_at_line_ends_joins_and_where_they_are_too_long);
    TEST(others_get_several_lines_and_no_blank_ones);
    TEST(those_who_can_get_one_batch);
    return test_end();
}
