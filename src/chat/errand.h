// What a session waits for that has asked something of an account: for login.c, which begins and
// ends most of them, and account_admin.c.
#pragma once
#include "chat/login.h"

struct errand {
    struct session *session;
    enum account_act act;
    struct text name;         // owned
    struct text new_password; // owned; changes of passwords: for when the old one was right
    struct text before;       // owned; likewise: what the old one was checked against
    struct account *account;  // NULL: none has the name
    uint64_t number;          // the account's: it may be gone meanwhile
    enum role role_before;    // changes: what is put back if they cannot be kept
    uint32_t flags_before;
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
// Whether a new password may be this one; answers if not.
bool errand_takes_password(struct session *session, enum account_act act, struct text password);

// An administrator's change is kept, or -errno.
void errand_changed(struct errand *errand, int error);
