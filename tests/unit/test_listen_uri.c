#include "net/net.h"
#include "support/test.h"

static void check_refused(const char *uri, const char *says)
{
    struct listen_uri parsed;
    const char *why = "";
    if (listen_uri_parse(text_of(uri), &parsed, &why)) {
        test_fail(__FILE__, __LINE__, "\"%s\" is taken", uri);
    }
    if (!strstr(why, says)) {
        test_fail(__FILE__, __LINE__, "\"%s\": \"%s\" does not say \"%s\"", uri, why, says);
    }
}

static struct listen_uri taken(const char *uri)
{
    struct listen_uri parsed;
    const char *why = "";
    if (!listen_uri_parse(text_of(uri), &parsed, &why)) {
        test_fail(__FILE__, __LINE__, "\"%s\" is refused: %s", uri, why);
    }
    return parsed;
}

static void each_form_is_understood(void)
{
    struct listen_uri u = taken("any://0.0.0.0:5000");
    check(u.protocol == WIRE_UNDECIDED && !u.unix_socket && u.port == 5000);
    check_text(text_of(u.host), "0.0.0.0");
    u = taken("plain://[::1]:1");
    check(u.protocol == WIRE_PLAIN && u.port == 1);
    check_text(text_of(u.host), "::1");
    u = taken("relay://127.0.0.1:65535");
    check(u.protocol == WIRE_RELAY && u.port == 65535);
    u = taken("unix+any:///run/hobnob/socket");
    check(u.protocol == WIRE_UNDECIDED && u.unix_socket && u.port == 0);
    check_text(text_of(u.host), "/run/hobnob/socket");
    check_number(taken("any://[::]:0").port, 0);
    check(!u.tls);
}

static void administrators_come_by_unix_sockets_alone(void)
{
    struct listen_uri u = taken("unix+control:///run/hobnob/control");
    check(u.protocol == WIRE_CONTROL && u.unix_socket);
    check_refused("control://127.0.0.1:5000", "on a Unix socket alone");
}

static void tls_stands_before_any_protocol(void)
{
    struct listen_uri u = taken("ircs://0.0.0.0:6697");
    check(u.protocol == WIRE_IRC && u.tls && u.port == 6697);
    u = taken("tls+irc://[::]:6697");
    check(u.protocol == WIRE_IRC && u.tls);
    u = taken("tls+any://127.0.0.1:1");
    check(u.protocol == WIRE_UNDECIDED && u.tls);
    u = taken("unix+tls+plain:///run/x");
    check(u.protocol == WIRE_PLAIN && u.tls && u.unix_socket);
    check_refused("tls+://0.0.0.0:1", "any://0.0.0.0:5000");
    check_refused("tls+unix+any:///run/x", "any://0.0.0.0:5000");
}

static void what_is_not_understood_is_answered_with_what_would_be_right(void)
{
    static const char *const forms[] = {
        "",          "any",   "any:/127.0.0.1:1", "anyy://1.2.3.4:5", "://", "ANY://x:1", "5000",
        "unix+://x", "unix+", "0.0.0.0:5000"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        check_refused(forms[i], "any://0.0.0.0:5000");
    }
    static const char *const ports[] = {"any://",
                                        "any://1.2.3.4",
                                        "any://1.2.3.4:",
                                        "any://1.2.3.4:65536",
                                        "any://1.2.3.4:x",
                                        "any://1.2.3.4:-1",
                                        "any://1.2.3.4:1:2",
                                        "any://::1:5000",
                                        "any://[::1]",
                                        "any://[::1:5000",
                                        "any://[::1]5000",
                                        "any://1.2.3.4:99999999999999999999"};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        check_refused(ports[i], "port from 1 to 65535");
    }
    static const char *const hosts[] = {
        "any://localhost:5000",
        "any://:5000",
        "any://[1.2.3.4]:5",
        "any://[]:5",
        "any://1.2.3:5",
        "any://[::1%lo]:5",
        "any://[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]:5"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        check_refused(hosts[i], "in numbers");
    }
}

static void web_browsers_have_listeners_of_their_own(void)
{
    struct listen_uri u = taken("http://0.0.0.0:8080");
    check(u.protocol == WIRE_HTTP && !u.tls && u.port == 8080);
    u = taken("https://[::]:8443");
    check(u.protocol == WIRE_HTTP && u.tls);
}

static void a_unix_path_is_whole_and_fits(void)
{
    char uri[256];
    check_refused("unix+any://", "whole path");
    check_refused("unix+any://relative/path", "whole path");
    check_refused("unix+any:///", "whole path");
    snprintf(uri, sizeof uri, "unix+any:///%0*d", 106, 0);
    check_number(strlen(taken(uri).host), 107);
    snprintf(uri, sizeof uri, "unix+any:///%0*d", 107, 0);
    check_refused(uri, "107 bytes");
}

static void a02_a_nul_is_no_address(void)
{
    struct listen_uri parsed;
    const char *why = "";
    check(!listen_uri_parse(TEXT("any://1.2.3.4\0:5"), &parsed, &why));
    check(!listen_uri_parse(TEXT("any://1.2.3.4:5\0"), &parsed, &why));
    check(!listen_uri_parse(TEXT("unix+any:///a\0b"), &parsed, &why));
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(each_form_is_understood);
    TEST(administrators_come_by_unix_sockets_alone);
    TEST(tls_stands_before_any_protocol);
    TEST(what_is_not_understood_is_answered_with_what_would_be_right);
    TEST(web_browsers_have_listeners_of_their_own);
    TEST(a_unix_path_is_whole_and_fits);
    TEST(a02_a_nul_is_no_address);
    return test_end();
}
