#include "support/test.h"
#include "wire/irc_message.h"

static struct irc_message message;

static enum irc_parsed parse(const char *line)
{
    message = (struct irc_message){0};
    return irc_message_parse(text_of(line), &message);
}

static void a_line_has_tags_source_command_and_parameters(void)
{
    check_number(parse("@a=1;+b;c= :ann!a@h PRIVMSG #a :hello  there"), IRC_PARSED);
    check_text(message.source, "ann!a@h");
    check_text(message.command, "PRIVMSG");
    check_number(message.param_count, 2);
    check_text(message.param[0], "#a");
    check_text(message.param[1], "hello  there");
    check_number(message.tag_count, 3);
    check_text(irc_message_tag(&message, TEXT("a")), "1");
    check(irc_message_tag(&message, TEXT("+b")).at != NULL);
    check_text(irc_message_tag(&message, TEXT("c")), "");
    check(irc_message_tag(&message, TEXT("d")).at == NULL);
    check_text(message.body, ":ann!a@h PRIVMSG #a :hello  there");
}

static void spaces_between_parts_may_be_several(void)
{
    check_number(parse("  USER   bob 0  *  :Bob B"), IRC_PARSED);
    check_text(message.command, "USER");
    check_number(message.param_count, 4);
    check_text(message.param[3], "Bob B");
    check_number(parse("QUIT   "), IRC_PARSED);
    check_number(message.param_count, 0);
}

static void a_last_parameter_may_be_empty_or_begin_with_a_colon(void)
{
    check_number(parse("TOPIC #a :"), IRC_PARSED);
    check_number(message.param_count, 2);
    check_text(message.param[1], "");
    check_number(parse("TOPIC #a ::)"), IRC_PARSED);
    check_text(message.param[1], ":)");
}

static void a05_the_fifteenth_parameter_has_the_rest(void)
{
    check_number(parse("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"), IRC_PARSED);
    check_number(message.param_count, IRC_PARAMS_MAX);
    check_text(message.param[IRC_PARAMS_MAX - 1], "15 16");
}

static void lines_without_a_command_are_empty(void)
{
    check_number(parse(""), IRC_EMPTY);
    check_number(parse("   "), IRC_EMPTY);
    check_number(parse(":source"), IRC_EMPTY);
    check_number(parse("@a=b"), IRC_EMPTY);
}

static void the_last_of_equal_tags_counts(void)
{
    check_number(parse("@a=1;a=2;;=x PING"), IRC_PARSED);
    check_number(message.tag_count, 2);
    check_text(irc_message_tag(&message, TEXT("a")), "2");
}

static void too_many_tags_are_refused(void)
{
    struct buf line;
    buf_init(&line, 4096);
    buf_add_char(&line, '@');
    for (int i = 0; i < IRC_TAGS_MAX; i++) {
        buf_printf(&line, "%st%d", i ? ";" : "", i);
    }
    size_t len = line.len;
    buf_add(&line, TEXT(" PING x"));
    check_number(irc_message_parse(buf_text(&line), &message), IRC_PARSED);
    check_number(message.tag_count, IRC_TAGS_MAX);
    buf_cut(&line, len);
    buf_add(&line, TEXT(";more PING x"));
    check_number(irc_message_parse(buf_text(&line), &message), IRC_TOO_MANY);
    buf_finish(&line);
}

static void tags_are_found_in_what_is_kept_of_them(void)
{
    struct text tags = TEXT("bot;+reply=ab;+x=1;+x=2;+empty");
    check_text(irc_tags_value(tags, TEXT("+reply")), "ab");
    check_text(irc_tags_value(tags, TEXT("+x")), "2");
    check_text(irc_tags_value(tags, TEXT("+empty")), "");
    check(irc_tags_value(tags, TEXT("bot")).at != NULL);
    check(irc_tags_value(tags, TEXT("+repl")).at == NULL);
    check(irc_tags_value(TEXT(""), TEXT("+x")).at == NULL);
}

static void check_unescaped(const char *value, const char *expected)
{
    struct buf out;
    buf_init(&out, 100);
    check(irc_tag_add_unescaped(&out, text_of(value)));
    check_text(buf_text(&out), expected);
    buf_finish(&out);
}

static void tag_values_are_escaped(void)
{
    struct buf out;
    buf_init(&out, 100);
    check(irc_tag_add_escaped(&out, TEXT("a; b\\\r\n")));
    check_text(buf_text(&out), "a\\:\\sb\\\\\\r\\n");
    buf_finish(&out);
    check_unescaped("a\\:\\sb\\\\\\r\\n", "a; b\\\r\n");
    check_unescaped("\\b", "b");
    check_unescaped("a\\", "a");
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_line_has_tags_source_command_and_parameters);
    TEST(spaces_between_parts_may_be_several);
    TEST(a_last_parameter_may_be_empty_or_begin_with_a_colon);
    TEST(a05_the_fifteenth_parameter_has_the_rest);
    TEST(lines_without_a_command_are_empty);
    TEST(the_last_of_equal_tags_counts);
    TEST(too_many_tags_are_refused);
    TEST(tags_are_found_in_what_is_kept_of_them);
    TEST(tag_values_are_escaped);
    return test_end();
}
