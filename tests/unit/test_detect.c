#include "support/test.h"
#include "wire/detect.h"

// What is said after each byte: the first decision stays, whatever follows.
static enum wire_protocol decide(struct text bytes)
{
    enum wire_protocol decided = WIRE_UNDECIDED;
    for (size_t len = 0; len <= bytes.len; len++) {
        enum wire_protocol now = detect_protocol(text_head(bytes, len), false);
        if (decided != WIRE_UNDECIDED) {
            check_text(text_of(wire_protocol_name(now)), wire_protocol_name(decided));
        }
        decided = now;
    }
    return decided;
}

struct opening {
    struct text bytes;
    enum wire_protocol protocol;
};

static void check_openings(const struct opening *openings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum wire_protocol protocol = decide(openings[i].bytes);
        if (protocol != openings[i].protocol) {
            test_fail(__FILE__, __LINE__, "row %zu is taken for %s", i,
                      wire_protocol_name(protocol));
        }
    }
}

#define CHECK_OPENINGS(openings) check_openings(openings, sizeof openings / sizeof *openings)

static void names_are_plain(void)
{
    static const struct opening openings[] = {
        {TEXT_INIT("Alice\n"), WIRE_PLAIN},
        {TEXT_INIT("Alice\r\n"), WIRE_PLAIN},
        {TEXT_INIT("Alice\r\0"), WIRE_PLAIN},
        {TEXT_INIT("\n"), WIRE_PLAIN},
        {TEXT_INIT("\r\n"), WIRE_PLAIN},
        {TEXT_INIT("nick\n"), WIRE_PLAIN},
        {TEXT_INIT("Ping\r\n"), WIRE_PLAIN},
        {TEXT_INIT("Pass \r\n"), WIRE_PLAIN},
        {TEXT_INIT("Nicky Larson\n"), WIRE_PLAIN},
        {TEXT_INIT("GET\n"), WIRE_PLAIN},
        {TEXT_INIT("Helo\n"), WIRE_PLAIN},
        {TEXT_INIT("hello there everybody\n"), WIRE_PLAIN},
        {TEXT_INIT("Zo\xc3\xab\n"), WIRE_PLAIN},
        {TEXT_INIT("Zo\xeb\n"), WIRE_PLAIN},
        {TEXT_INIT("Bbo\b\x7f\x1b[Dob\n"), WIRE_PLAIN},
        {TEXT_INIT(":Alice\n"), WIRE_PLAIN},
        {TEXT_INIT("Alice"), WIRE_UNDECIDED},
        {TEXT_INIT(""), WIRE_UNDECIDED},
    };
    CHECK_OPENINGS(openings);
}

static void telnet_negotiation_is_a_persons(void)
{
    static const struct opening openings[] = {
        {TEXT_INIT("\xff\xfd\x03\xff\xfb\x18\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0Rob\r\n"),
         WIRE_PLAIN},
        {TEXT_INIT("\xff\xfb\n\xff\xfa\n\xff\xff\xff\xf0"), WIRE_UNDECIDED},
        {TEXT_INIT("Bob\xff\n"), WIRE_PLAIN},
    };
    CHECK_OPENINGS(openings);
}

static void irc_is_known_by_a_command_with_its_parameter(void)
{
    static const struct opening openings[] = {
        {TEXT_INIT("CAP LS 302\r\n"), WIRE_IRC},
        {TEXT_INIT("NICK bob\r\n"), WIRE_IRC},
        {TEXT_INIT("nick  bob\n"), WIRE_IRC},
        {TEXT_INIT("USER a 0 * :\x03"
                   "04red\r\n"),
         WIRE_IRC},
        {TEXT_INIT("Pass secret\r\n"), WIRE_IRC},
        {TEXT_INIT("AUTHENTICATE PLAIN\r\n"), WIRE_IRC},
        {TEXT_INIT("PING x\r\n"), WIRE_IRC},
        {TEXT_INIT("@label=1 CAP LS\r\n"), WIRE_IRC},
        {TEXT_INIT("@label=1 :me NICK bob\r\n"), WIRE_IRC},
        {TEXT_INIT(":me  NICK bob\r\n"), WIRE_IRC},
        {TEXT_INIT(":me PRIVMSG bob\r\n"), WIRE_PLAIN},
        {TEXT_INIT("NICK bob"), WIRE_UNDECIDED},
    };
    CHECK_OPENINGS(openings);
}

static void http_is_known_by_its_request_line(void)
{
    static const struct opening openings[] = {
        {TEXT_INIT("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), WIRE_HTTP},
        {TEXT_INIT("GET /old\r\n"), WIRE_HTTP},
        {TEXT_INIT("POST /x HTTP/1.1\r\nNICK bob\r\n"), WIRE_HTTP},
        {TEXT_INIT("OPTIONS * HTTP/1.1\r\n"), WIRE_HTTP},
        {TEXT_INIT("NICK /x HTTP/1.1\r\n"), WIRE_HTTP},
        {TEXT_INIT("CONNECT host:443 HTTP/1.1\r\n"), WIRE_HTTP},
        {TEXT_INIT("m-search * HTTP/1.1\r\n"), WIRE_HTTP},
        {TEXT_INIT("PRI * HTTP/2.0\r\n\r\n"), WIRE_HTTP},
        {TEXT_INIT("FOO /x http/1.1\r\n"), WIRE_PLAIN},
    };
    CHECK_OPENINGS(openings);
}

static void tls_is_known_by_its_record_head(void)
{
    static const struct opening openings[] = {
        {TEXT_INIT("\x16\x03\x01\x02\x00\x01"), WIRE_TLS},
        {TEXT_INIT("\x16\x03\n"), WIRE_TLS},
        {TEXT_INIT("\x16\x02\x01"), WIRE_OTHER},
        {TEXT_INIT("\x16"), WIRE_UNDECIDED},
    };
    CHECK_OPENINGS(openings);
    check_number(detect_protocol(TEXT("\x16"), true), WIRE_OTHER);
}

static void rubbish_is_other(void)
{
    static const struct opening openings[] = {
        {TEXT_INIT("SSH-2.0-OpenSSH_9.2\r\n"), WIRE_OTHER},
        {TEXT_INIT("EHLO example.org\r\n"), WIRE_OTHER},
        {TEXT_INIT("helo example.org\r\n"), WIRE_OTHER},
        {TEXT_INIT("EHLO\r\n"), WIRE_OTHER},
        {TEXT_INIT("HELO / HTTP/1.1\r\n"), WIRE_OTHER},
        {TEXT_INIT("\x01\x02"), WIRE_OTHER},
        {TEXT_INIT("abc\0"), WIRE_OTHER},
        {TEXT_INIT("\0\0\0\x2a"), WIRE_OTHER},
        {TEXT_INIT("ab\x07"
                   "c\n"),
         WIRE_OTHER},
    };
    CHECK_OPENINGS(openings);
}

static void a_pause_ends_the_first_line(void)
{
    check_number(detect_protocol(TEXT("Alice"), true), WIRE_PLAIN);
    check_number(detect_protocol(TEXT("GET"), true), WIRE_PLAIN);
    check_number(detect_protocol(TEXT("NICK bob"), true), WIRE_IRC);
    check_number(detect_protocol(TEXT("NICK"), true), WIRE_PLAIN);
    check_number(detect_protocol(TEXT("EHLO"), true), WIRE_OTHER);
    check_number(detect_protocol(TEXT(""), true), WIRE_UNDECIDED);
}

static void a03_what_is_undecided_after_the_maximum_stays_so(void)
{
    static char bytes[DETECT_MAX_BYTES + 1];
    memset(bytes, 'x', sizeof bytes);
    bytes[DETECT_MAX_BYTES] = '\n';
    check_number(detect_protocol((struct text){bytes, sizeof bytes}, false), WIRE_UNDECIDED);
    bytes[DETECT_MAX_BYTES - 1] = '\n';
    check_number(detect_protocol((struct text){bytes, sizeof bytes}, false), WIRE_PLAIN);
}

static void a08_percent_signs_are_bytes(void)
{
    check_number(decide(TEXT("%n%s%x\n")), WIRE_PLAIN);
}

static void starts_of_machines_are_waited_for(void)
{
    static const char *const starts[] = {"G",        "GET",   "GET ",    "GET http://x/ HT",
                                         "PROPFIND", "n",     "Nick",    "nick b",
                                         "@label=1", "@a :b", ":b nick", "\x16"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (!detect_may_become_machine(text_of(starts[i]))) {
            test_fail(__FILE__, __LINE__, "row %zu is not told", i);
        }
    }
    static const char *const people[] = {"Alice",    "Nicky",         "Bob",
                                         "GET \x01", "alice\xc3\xab", "A B C",
                                         "A b HTTQ", ":b hello",      "\xff\xfb\x01"};
    for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
        if (detect_may_become_machine(text_of(people[i]))) {
            test_fail(__FILE__, __LINE__, "row %zu is not told", i);
        }
    }
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(names_are_plain);
    TEST(telnet_negotiation_is_a_persons);
    TEST(irc_is_known_by_a_command_with_its_parameter);
    TEST(http_is_known_by_its_request_line);
    TEST(tls_is_known_by_its_record_head);
    TEST(rubbish_is_other);
    TEST(a_pause_ends_the_first_line);
    TEST(a03_what_is_undecided_after_the_maximum_stays_so);
    TEST(a08_percent_signs_are_bytes);
    TEST(starts_of_machines_are_waited_for);
    return test_end();
}
