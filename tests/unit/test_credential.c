// The server's certificate over hours; what its files do is shown end to end.
#include "base/must.h"
#include "net/tls.h"
#include "server/credential.h"
#include "support/test.h"

enum { HOUR_MS = 3600 * 1000 };

static struct config config;
static struct credential *own;

static void begin(void)
{
    struct buf why;
    buf_init(&why, 1024);
    const struct given given = {setting_find(text_of("ephemeral"), false), "yes"};
    check(config_build(&config, NULL, &given, 1, &why));
    own = credential_create(&config, &why);
    check(own != NULL);
    buf_finish(&why);
}

static void end(void)
{
    credential_destroy(own);
    config_finish(&config);
}

static void keys_of_tickets_change_every_twelve_hours(void)
{
    begin();
    char fingerprint[65];
    snprintf(fingerprint, sizeof fingerprint, "%s", credential_fingerprint(own));
    struct tls_context *before = tls_context_ref(credential_tls(own));
    int64_t start_ms = 5;
    check(!credential_turn_tickets(own, start_ms));
    check(!credential_turn_tickets(own, start_ms + 12 * HOUR_MS - 1));
    check(credential_tls(own) == before);
    check(credential_turn_tickets(own, start_ms + 12 * HOUR_MS));
    check(credential_tls(own) != before);
    check_text(text_of(credential_fingerprint(own)), fingerprint);
    check(!credential_turn_tickets(own, start_ms + 24 * HOUR_MS - 1));
    check(credential_turn_tickets(own, start_ms + 24 * HOUR_MS));
    tls_context_unref(before); // a connection that has it keeps it
    end();
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(keys_of_tickets_change_every_twelve_hours);
    return test_end();
}
