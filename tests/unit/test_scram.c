// SCRAM-SHA-256, with the example of RFC 7677 and what may be wrong in each message.
#include "support/test.h"
#include "wire/base64.h"
#include "wire/scram.h"

static const struct text client_first = TEXT_INIT("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");

// Those of RFC 7677, whose server's nonce is not as ours are made.
static struct scram_keys keys_of_example(void)
{
    struct scram_keys keys = {.rounds = 4096};
    struct buf salt;
    buf_init(&salt, 64);
    check(base64_decode(TEXT("W22ZaJ0SNY7soEsUEjb6gQ=="), &salt));
    memcpy(keys.salt, salt.at, SCRAM_SALT);
    buf_finish(&salt);
    scram_derive(&keys, TEXT("pencil"));
    return keys;
}

static void keys_are_those_of_the_example(void)
{
    struct scram_keys keys = keys_of_example();
    struct buf kept;
    buf_init(&kept, SCRAM_KEPT_MAX);
    scram_write(&keys, &kept);
    check_text(buf_text(&kept), "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
                                "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
                                "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
    struct scram_keys again;
    check(scram_read(buf_text(&kept), &again));
    check(memcmp(&again, &keys, sizeof keys) == 0);
    for (size_t len = 0; len < kept.len; len++) {
        check(!scram_read(text_head(buf_text(&kept), len), &again));
    }
    buf_finish(&kept);
}

struct exchange {
    struct scram *scram;
    struct buf first;  // the server's
    struct buf answer; // what it says at last
};

static const unsigned char own_nonce[SCRAM_NONCE] = "abcdefghijklmnopq";

static void begin(struct exchange *e)
{
    struct scram_keys keys = keys_of_example();
    e->scram = scram_create();
    buf_init(&e->first, 1024);
    buf_init(&e->answer, 1024);
    check(scram_first(e->scram, client_first));
    check_text(scram_name(e->scram), "user");
    scram_challenge(e->scram, &keys, own_nonce, &e->first);
}

static void end(struct exchange *e)
{
    scram_destroy(e->scram);
    buf_finish(&e->first);
    buf_finish(&e->answer);
}

static bool answers(const char *final)
{
    struct exchange e;
    begin(&e);
    bool proved = scram_final(e.scram, text_of(final), &e.answer);
    check(proved == (e.answer.len > 0));
    end(&e);
    return proved;
}

#define NONCE "rOprNGfwEbeRWgbNEkqOYWJjZGVmZ2hpamtsbW5vcHEA"
// Worked out with another implementation, from the password and the messages.
#define PROOF "zeIsJtSLsCcorJW5ZRSHRKL1wwbLkUIMd3SH9ktbww8="

static void the_right_proof_is_answered_with_the_servers(void)
{
    struct exchange e;
    begin(&e);
    check_text(buf_text(&e.first), "r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    check(scram_final(e.scram, TEXT("c=biws,r=" NONCE ",p=" PROOF), &e.answer));
    check_text(buf_text(&e.answer), "v=WN+Rjv0JDIaGZ4DUhS5JZCA7VY+4vvdvCpg8KYDc/k0=");
    end(&e);
}

static void other_final_messages_prove_nothing(void)
{
    static const char *const wrong[] = {
        "",
        "c=biws",
        "c=biws,r=" NONCE,
        "c=biws,r=" NONCE ",p=",
        "c=biws,r=" NONCE ",p=AAAA",
        "c=biws,r=" NONCE ",p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "c=biws,r=" NONCE ",p=" PROOF ",x=y",
        "c=biws,r=" NONCE ",x=y,p=" PROOF,
        "c=eSws,r=" NONCE ",p=" PROOF,
        "c=biws,r=rOprNGfwEbeRWgbNEkqO,p=" PROOF,
        "r=" NONCE ",c=biws,p=" PROOF,
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        check(!answers(wrong[i]));
    }
}

static bool takes_first(const char *message, const char *name)
{
    struct scram *scram = scram_create();
    bool taken = scram_first(scram, text_of(message));
    if (taken) {
        check_text(scram_name(scram), name);
    }
    scram_destroy(scram);
    return taken;
}

static void first_messages_are_taken_as_rfc_5802_has_them(void)
{
    check(takes_first("n,,n=user,r=x", "user"));
    check(takes_first("y,,n=user,r=x,e=extension", "user"));
    check(takes_first("n,a=user,n=user,r=x", "user"));
    check(takes_first("n,,n=a=2Cb=3Dc,r=x", "a,b=c"));
    static const char *const wrong[] = {
        "",
        "n",
        "n,",
        "n,,",
        "n,,n=user",
        "n,,n=user,r=",
        "n,,n=,r=x",
        "n,,n=a=b,r=x",
        "n,,n=a=2,r=x",
        "n,,m=x,n=user,r=x",
        "p=tls-unique,,n=user,r=x",
        "n,a=other,n=user,r=x",
        "n,user,n=user,r=x",
        "n,,r=x,n=user",
        "n,,n=user,r=\x7f",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        check(!takes_first(wrong[i], ""));
    }
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(keys_are_those_of_the_example);
    TEST(the_right_proof_is_answered_with_the_servers);
    TEST(other_final_messages_prove_nothing);
    TEST(first_messages_are_taken_as_rfc_5802_has_them);
    return test_end();
}
