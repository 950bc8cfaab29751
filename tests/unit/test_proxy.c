#include "support/test.h"
#include "wire/proxy.h"

static struct proxy_header header;

// Every shorter input asks for more or is bad early; the whole gives `expected`.
static enum parsed parse(struct text bytes, size_t header_len)
{
    for (size_t len = 0; len < header_len; len++) {
        struct text input = text_head(bytes, len);
        check_number(proxy_parse(&input, &header), PARSED_MORE);
        check_number(input.len, len);
    }
    struct text input = bytes;
    enum parsed parsed = proxy_parse(&input, &header);
    check_number(input.len, parsed == PARSED_OK ? bytes.len - header_len : bytes.len);
    return parsed;
}

static void check_ok(struct text head, const char *address, unsigned port)
{
    char bytes[400];
    memcpy(bytes, head.at, head.len);
    memcpy(bytes + head.len, "Alice", 5);
    check_number(parse((struct text){bytes, head.len + 5}, head.len), PARSED_OK);
    check(header.local == (address == NULL));
    check_text(text_of(header.address), address ? address : "");
    check_number(header.port, port);
}

static void check_bad(struct text bytes)
{
    struct text input = bytes;
    check_number(proxy_parse(&input, &header), PARSED_BAD);
    check_number(input.len, bytes.len);
}

static void version_1_gives_the_source(void)
{
    check_ok(TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"), "192.0.2.1", 56324);
    check_ok(TEXT("PROXY TCP6 2001:db8::1 2001:DB8:0::2 0 65535\r\n"), "2001:db8::1", 0);
    check_ok(TEXT("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"), "192.0.2.1", 1);
    check_ok(TEXT("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
}

static void version_1_unknown_is_local(void)
{
    check_ok(TEXT("PROXY UNKNOWN\r\n"), NULL, 0);
    check_ok(TEXT("PROXY UNKNOWN whatever ::1 stands here\r\n"), NULL, 0);
}

static void version_1_is_read_strictly(void)
{
    check_bad(TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n"));
    check_bad(TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n"));
    check_bad(TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 1 -1\r\n"));
    check_bad(TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n"));
    check_bad(TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n"));
    check_bad(TEXT("PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n"));
    check_bad(TEXT("PROXY TCP4 192.0.2.01 198.51.100.2 1 2\r\n"));
    check_bad(TEXT("PROXY TCP4 ::1 ::2 1 2\r\n"));
    check_bad(TEXT("PROXY TCP4 192.0.2.1 host 1 2\r\n"));
    check_bad(TEXT("PROXY TCP4 192.0.2.1\0 198.51.100.2 1 2\r\n"));
    check_bad(TEXT("PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n"));
    check_bad(TEXT("PROXY \r\n"));
    check_bad(TEXT("PROXY \n"));
    check_bad(TEXT("PROXY%n%s%x"));
    check_bad(TEXT("proxy TCP4"));
    check_bad(TEXT("Alice\n"));
}

static void a03_version_1_ends_within_107_bytes(void)
{
    char bytes[200];
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "PROXY UNKNOWN ", 14);
    struct text input = {bytes, 106};
    check_number(proxy_parse(&input, &header), PARSED_MORE);
    check_bad((struct text){bytes, 107});
    memcpy(bytes + 105, "\r\n", 2);
    input.len = 107;
    check_number(proxy_parse(&input, &header), PARSED_OK);
}

#define V2 "\r\n\r\n\0\r\nQUIT\n"

static void version_2_gives_the_source(void)
{
    check_ok(TEXT(V2 "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\x04\1\xbb"), "192.0.2.1", 56324);
    check_ok(TEXT(V2 "\x21\x12\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\x04\1\xbb"), "192.0.2.1", 56324);
    check_ok(TEXT(V2 "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
                     "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\0\x50\0\x51"),
             "2001:db8::1", 80);
}

static void version_2_skips_what_follows_the_addresses(void)
{
    check_ok(TEXT(V2 "\x21\x11\0\x11\xc0\0\2\1\xc6\x33\x64\2\xdc\x04\1\xbb\4\0\2ab"), "192.0.2.1",
             56324);
}

static void version_2_without_an_address_is_local(void)
{
    check_ok(TEXT(V2 "\x20\0\0\0"), NULL, 0);
    check_ok(TEXT(V2 "\x20\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\x04\1\xbb"), NULL, 0);
    check_ok(TEXT(V2 "\x21\0\0\3abc"), NULL, 0);
    char unix_head[16 + 216] = V2 "\x21\x31\0\xd8";
    check_ok((struct text){unix_head, sizeof unix_head}, NULL, 0);
}

static void version_2_is_read_strictly(void)
{
    check_bad(TEXT(V2 "\x11\x11\0\x0c"));
    check_bad(TEXT(V2 "\x22\x11\0\x0c"));
    check_bad(TEXT(V2 "\x21\x13\0\x0c"));
    check_bad(TEXT(V2 "\x21\x41\0\x0c"));
    check_bad(TEXT(V2 "\x21\x11\0\x0b"));
    check_bad(TEXT(V2 "\x21\x21\0\x0c"));
    check_bad(TEXT(V2 "\x21\x31\0\x0c"));
    check_bad(TEXT("\r\n\r\n\0\r\nQUIT\r"));
    check_bad(TEXT("\r\nx"));
}

static void version_2_may_be_as_long_as_its_length_says(void)
{
    static char bytes[PROXY_MAX_BYTES] = V2 "\x20\0\xff\xff";
    struct text input = {bytes, sizeof bytes - 1};
    check_number(proxy_parse(&input, &header), PARSED_MORE);
    input.len++;
    check_number(proxy_parse(&input, &header), PARSED_OK);
    check_number(input.len, 0);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(version_1_gives_the_source);
    TEST(version_1_unknown_is_local);
    TEST(version_1_is_read_strictly);
    TEST(a03_version_1_ends_within_107_bytes);
    TEST(version_2_gives_the_source);
    TEST(version_2_skips_what_follows_the_addresses);
    TEST(version_2_without_an_address_is_local);
    TEST(version_2_is_read_strictly);
    TEST(version_2_may_be_as_long_as_its_length_says);
    return test_end();
}
