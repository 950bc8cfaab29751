#include "base/digest.h"
#include "support/test.h"

static void digest_is(const char *pieces[], const char *expected)
{
    char hex[DIGEST_HEX + 1];
    struct digest *digest = digest_create();
    for (; *pieces; pieces++) {
        digest_add(digest, *pieces, strlen(*pieces));
    }
    digest_finish(digest, hex);
    check_text(text_of(hex), expected);
}

// As `printf abc | b2sum -l 256` says.
static void is_blake2b_256(void)
{
    static const char abc[] = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";
    digest_is((const char *[]){"abc", NULL}, abc);
    digest_is((const char *[]){"a", "", "bc", NULL}, abc);
    digest_is((const char *[]){NULL},
              "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(is_blake2b_256);
    return test_end();
}
