#include "base/must.h"
#include "client/trust.h"
#include "support/test.h"

#define PRINT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static struct buf told;

static void tell(void *context, struct text sentence)
{
    (void)context;
    check(buf_add(&told, sentence) && buf_add_char(&told, '\n'));
}

static bool was_told(const char *words)
{
    bool found = memmem(told.at, told.len, words, strlen(words));
    buf_reset(&told);
    return found;
}

// A client that can keep nothing, or (`state` NULL) has nowhere to keep it.
static void begin(struct trust *t, const char *state)
{
    buf_init(&told, 8192);
    unsetenv("HOME");
    unsetenv("XDG_STATE_HOME");
    if (state) {
        check_number(setenv("XDG_STATE_HOME", state, 1), 0);
    }
    trust_init(t, "a:1", false, NULL, tell);
}

static void end(struct trust *t)
{
    trust_finish(t);
    buf_finish(&told);
}

static void what_cannot_be_kept_is_known_while_it_runs(void)
{
    static const char *const states[] = {NULL, "/dev/null"};
    const struct tunnel_peer peer = {.fingerprint = PRINT};
    const struct tunnel_peer other = {.fingerprint = OTHER};
    for (size_t i = 0; i < 2; i++) {
        struct trust t;
        begin(&t, states[i]);
        check(!trust_knows(&t));
        check(trust_accepts(&t, &peer));
        check(was_told("You have not been at a:1 before"));
        check(trust_knows(&t)); // so it does not come back without TLS
        check(trust_accepts(&t, &peer));
        check(!was_told("before"));
        check(!trust_accepts(&t, &other));
        check(was_told("IS NOT THE ONE IT WAS BEFORE"));
        end(&t);
    }
}

static void that_it_cannot_be_kept_is_said(void)
{
    struct trust t;
    begin(&t, "/dev/null");
    check(trust_accepts(&t, &(struct tunnel_peer){.fingerprint = PRINT}));
    check(was_told("This cannot be remembered in /dev/null/hobnob/known_hosts (Not a directory)"));
    end(&t);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(what_cannot_be_kept_is_known_while_it_runs);
    TEST(that_it_cannot_be_kept_is_said);
    return test_end();
}
