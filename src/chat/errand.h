// What a session waits for that has asked something of an account: a password that is worked on, or
// a change that is to be kept. For login.c, which begins and ends most of them, login_key.c and
// account_admin.c.
#pragma once
#include "chat/account_key.h"
#include "chat/login.h"

struct errand {
    struct session *session;
    enum account_act act;
    struct text name;             // owned
    struct text new_password;     // owned; changes of passwords: for when the old one was right
    struct text before;           // owned; likewise: what the old one was checked against; changes
                                  // of the address: the old one
    struct account *account;      // NULL: none has the name
    uint64_t number;              // the account's: it may be gone meanwhile
    uint32_t password_changes;    // the account's, when the errand began
    uint32_t flags_changed;       // by a change,
    uint32_t flags_before;        // and what they were, for if it cannot be kept
    char key[1 + DIGEST_HEX + 1]; // keys: the id of the one that is made or ended
    char invitation[DIGEST_HEX + 1]; // registering: of which a use is set aside; empty: none
    char token[TOKEN_LEN + 1];       // to be handed out
};

struct errand *errand_begin(struct session *session, enum account_act act, struct text name,
                            struct account *account);
// Ends the wait and tells the result.
void errand_end(struct errand *errand, enum account_result result);
// Has a password worked on (output.hash()); false if too many wait.
bool errand_hash(struct errand *errand, enum password_work work, struct text stored,
                 struct text password);

// Answers at once, without an errand.
void errand_answer(struct session *session, const struct account_answer *answer);
void errand_refuse(struct session *session, enum account_act act, enum account_result result,
                   struct text name);
void errand_refuse_number(struct session *session, enum account_act act, enum account_result result,
                          uint32_t number);
// Whether a new password may be this one; answers if not.
bool errand_takes_password(struct session *session, enum account_act act, struct text password);
// What is wrong with an address that is given at registering, or with giving none: NO_EMAIL or
// BAD_EMAIL, else DONE.
enum account_result errand_email_fault(const struct core *core, struct text email);
// A change of the address is kept, or -errno.
void errand_email_kept(struct errand *errand, int error);
// Whether the session may send and be sent secrets; answers if not.
bool errand_may_send(struct session *session, enum account_act act);

// Whether one may try the password of this name now; answers if not.
bool errand_may_try(struct session *session, enum account_act act, struct text name);

// Logs the session in, at once; NULL: out.
void session_set_account(struct session *session, struct account *account);
// A wrong password or token: it counts, and is waited for if there are many.
void errand_count_failure(struct session *session, struct text name);

// Gives the account these flags, and has them kept.
void errand_change(struct errand *errand, uint32_t flags);
// Such a change is kept, or -errno.
void errand_changed(struct errand *errand, int error);

// login_key.c. Whether the password is a token; it is answered then.
bool session_log_in_by_token(struct session *session, struct text name, struct text password);
// A change of keys is kept, or -errno.
void keys_recorded(struct errand *errand, int error);
// The account's tokens open nothing from here on, and what is to be done once that is kept, or
// (`ended` false) could not be.
void tokens_end(struct account *account);
void tokens_ended(struct core *core, struct account *account, bool ended);
