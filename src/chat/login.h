// How a session comes to an account and manages it. Each call is answered once, at once or later,
// through the protocol's account_answered(); until then the session's lines wait.
//
// An unknown name, a wrong password and a suspended account give the same answer after the same
// work. Passwords are compared and made into what is kept by output.hash(), apart from the core.
#pragma once
#include "chat/account.h"
#include "chat/session.h"

enum account_act {
    ACCOUNT_ACT_REGISTER,
    ACCOUNT_ACT_LOG_IN,
    ACCOUNT_ACT_LOG_OUT,
    ACCOUNT_ACT_PASSWORD,
    ACCOUNT_ACT_CERTIFICATE_ADD,
    ACCOUNT_ACT_CERTIFICATE_END,
    ACCOUNT_ACT_TOKEN_MAKE,
    ACCOUNT_ACT_TOKEN_END,
    ACCOUNT_ACT_STAY, // session_set_always_on() (chat/stay.h)
    ACCOUNT_ACT_STAY_NOT,
    ACCOUNT_ACT_EMAIL,
    ACCOUNT_ACT_EMAIL_END,
    ACCOUNT_ACT_DROP,
    // Those of administrators:
    ACCOUNT_ACT_ADD,
    ACCOUNT_ACT_SET_PASSWORD,
    ACCOUNT_ACT_ROLE,
    ACCOUNT_ACT_SUSPEND,
    ACCOUNT_ACT_RESUME,
    ACCOUNT_ACT_ERASE,
};

// A resume token, as clients are given it and give it as a password: this and 256 random bits in
// hexadecimal.
#define TOKEN_PREFIX "hobnob-token:"
enum { TOKEN_BITS = 256, TOKEN_LEN = sizeof TOKEN_PREFIX - 1 + TOKEN_BITS / 4 };

// X(ENUM, what is told to people; '%' stands for the name or a number)
#define ACCOUNT_RESULTS(X)                                                                         \
    X(DONE, "")                                                                                    \
    X(WRONG, "That name and password do not belong together.")                                     \
    X(TOO_OFTEN, "That was tried too often. Try again in % seconds.")                              \
    X(BUSY, "Many passwords are being checked just now. Try again in a moment.")                   \
    X(INSECURE,                                                                                    \
      ("Passwords are taken over TLS only. Come back with TLS, on the same port: hobnob --tls "    \
       "HOST, openssl s_client -quiet -connect HOST:PORT, or in an IRC client /connect -tls "      \
       "HOST."))                                                                                   \
    X(INSECURE_HERE,                                                                               \
      ("Passwords are taken over TLS only, and there is none on this port. Ask whoever runs the "  \
       "server for the one that has it."))                                                         \
    X(CLOSED, "Nobody can register a name here now. Ask whoever runs the server.")                 \
    X(NEEDS_INVITATION, "One needs an invitation to register here. Type /redeem and its code.")    \
    X(NAME_TAKEN, "The name \"%\" is registered already, or looks like one that is.")              \
    X(NAME_IN_USE, "Somebody else uses the name \"%\" just now.")                                  \
    X(BAD_NAME, "A name %.")                                                                       \
    X(PASSWORD_TOO_SHORT, "A password has at least % characters. Choose a longer one.")            \
    X(PASSWORD_TOO_LONG, "A password has at most % characters. Choose a shorter one.")             \
    X(NO_EMAIL,                                                                                    \
      "Who registers here gives an e-mail address too. It is kept for those who run the "          \
      "server, and nothing is sent to it.")                                                        \
    X(BAD_EMAIL, "That is no e-mail address. One looks like ann@example.org.")                     \
    X(LOGGED_IN, "You are logged in as % already.")                                                \
    X(NOT_LOGGED_IN, "You are not logged in.")                                                     \
    X(NO_CERTIFICATE, "Your certificate belongs to no account.")                                   \
    X(NO_ACCOUNT, "There is no account called \"%\".")                                             \
    X(NONE_SHOWN, "You show no certificate. Connect with TLS and a certificate first.")            \
    X(CERTIFICATE_TAKEN, "That certificate belongs to an account already.")                        \
    X(CERTIFICATES_FULL, "An account has at most % certificates. Delete one first.")               \
    X(NO_SUCH_KEY, "There is no \"%\". Give at least the first 8 digits, as the list shows them.") \
    X(STAYS_CLOSED, "Nobody stays in their rooms here while they are away.")                       \
    X(STAYS_FULL, "% people stay in their rooms while they are away already: no more may.")        \
    X(LAST_OWNER, "There must be an owner. Make somebody else one first.")                         \
    X(ERASING_NOW, "An account is being erased just now. Try again when that is done.")            \
    X(NOT_ERASED, "The erasing was interrupted. Ask for it again; at its next start the server "   \
                  "goes on with it by itself.")                                                    \
    X(NOT_KEPT, "The server's disk does not work, so nothing was changed. Try again later.")

enum account_result {
#define X(name, sentence) ACCOUNT_##name,
    ACCOUNT_RESULTS(X)
#undef X
        ACCOUNT_RESULT_COUNT
};

struct account_answer {
    enum account_act act;
    enum account_result result;
    struct text name;   // that was given, or the account's
    uint32_t number;    // seconds to wait, or characters
    const char *detail; // BAD_NAME: why
    enum role role;     // ROLE: that the account has now
    struct text token;  // TOKEN_MAKE: what was made; nobody can be told it again
};

// Appends the sentence that people are told.
void account_answer_say(const struct account_answer *answer, struct buf *out);

// Registers the name with this password, and logs the session in. `email` may be empty: none is
// given.
void session_register(struct session *session, struct text name, struct text password,
                      struct text email);
// `name` may end with a device: "Alice@phone" (chat/device.h).
void session_log_in(struct session *session, struct text name, struct text password);
// By the certificate that the peer has shown; `name` may be empty: whomever it belongs to.
void session_log_in_by_certificate(struct session *session, struct text name);
// By SCRAM (RFC 5802), which the protocol speaks: what it begins with.
struct scram_start {
    struct text keys;       // that are kept for the name; empty: there are none, and it is to fail
    unsigned char salt[16]; // for that, the same one for the same name
    unsigned char nonce[18];
};
// False: the name may not be tried now, and the session has been answered.
bool session_begin_scram(struct session *session, struct text name, struct scram_start *start);
// The client has proved, or not, that it knows the password that `keys` were made of.
void session_log_in_by_scram(struct session *session, struct text name, struct text keys,
                             bool proved);
void session_log_out(struct session *session);
// All other sessions of the account are ended, and all of its tokens.
void session_change_password(struct session *session, struct text old_password,
                             struct text new_password);
// Keeps another address with the session's account; empty: none.
void session_set_email(struct session *session, struct text email);
// Appends the sentence in which the account's owner is told what address is kept.
void account_email_say(const struct account *account, struct buf *out);
// The session's account is erased (chat/erasure.h), and the session ends with it.
void session_drop_account(struct session *session, struct text password);

// What administrators do; answered in the same way. Nobody is logged in by it, and whoever was
// logged in to an account with another password, or a suspended one, is not any more.
// An administrator need give no address (`email` empty), though others have to.
void session_add_account(struct session *session, struct text name, struct text password,
                         struct text email);
void session_set_password(struct session *session, struct text name, struct text password);
void session_set_role(struct session *session, struct text name, enum role role);
void session_suspend(struct session *session, struct text name, bool suspended);
// Its messages become tombstones, and all else that is known of it goes (chat/erasure.h).
void session_erase_account(struct session *session, struct text name);

// The certificate that the peer has shown logs in to the session's account from here on.
void session_add_certificate(struct session *session);
// `name` is the beginning of its fingerprint (chat/account_key.h).
void session_end_certificate(struct session *session, struct text name);
// Makes a resume token. The account's longest unused one ends if there are too many.
void session_make_token(struct session *session);
void session_end_token(struct session *session, struct text name);

// Whether the session may send passwords: DONE, else what is to be told, INSECURE or the like.
enum account_result session_may_send_secrets(const struct session *session);
// The same; answers, as to a password that has come, if not.
bool session_check_secrets(struct session *session);

// For the core's parts only.
struct errand;
void errand_hashed(struct core *core, struct errand *errand, bool matches, struct text stored);
// It will not be worked on.
void errand_given_up(struct core *core, struct errand *errand);
void errand_recorded(struct errand *errand, int error);
void errand_destroy(struct session *session);
// Ends all sessions of the account but `except` (NULL: none), which are told the reason; what they
// sent and is not yet dealt with is dropped.
void account_end_sessions(struct core *core, const struct account *account,
                          const struct session *except, enum close_reason reason);
// The account's record as it is, in what is given.
enum { ACCOUNT_RECORD_KEY = 32 };
struct record account_record(const struct account *account, char key[ACCOUNT_RECORD_KEY],
                             struct buf *value);
// Keeps the account as it is; whether that succeeds is told to `errand` (NULL: to the operator).
void account_keep(struct core *core, const struct account *account, struct errand *errand);
