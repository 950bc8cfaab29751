// Roles on the server: who owns it, runs it, and keeps order in it. They are the account's. Owner
// and admins are IRC operators as soon as they are logged in; who became one by the configuration
// counts as an admin. Moderators and above may act in every room (chat/rights.h).
#pragma once
#include "base/buf.h"
#include "chat/account.h"

struct core;
struct session;

// X(ENUM, what is told to people)
#define ROLE_RESULTS(X)                                                                            \
    X(DONE, "")                                                                                    \
    X(NOT_LOGGED_IN, "Log in first: a role belongs to an account.")                                \
    X(NOTHING_TO_CLAIM, "This server has an owner already.")                                       \
    X(WRONG_CODE, "That is not the code that the server has printed.")                             \
    X(NO_ACCOUNT, "There is no account of that name.")                                             \
    X(NO_ROLE, "The roles are member, moderator, admin and owner.")                                \
    X(NOT_ALLOWED, "Only the owner may do that, or an admin for members and moderators.")          \
    X(SAME, "That account has that role already.")                                                 \
    X(LAST_OWNER, "There must be an owner. Make somebody else one first.")

enum role_result {
#define X(name, sentence) ROLE_RESULT_##name,
    ROLE_RESULTS(X)
#undef X
};

const char *role_result_text(enum role_result result);

// "Ann is a moderator of this server now."
void role_say(struct text name, enum role role, struct buf *out);
// The role that the session acts in.
enum role session_role(const struct session *session);
// Makes the session's account the owner, with the code that core_offer_claim() was given.
enum role_result session_claim(struct session *session, struct text code);
// Gives an account, named by itself or by who is logged in to it, another role; `said` gets what
// role_say() says of it.
enum role_result session_give_role(struct session *session, struct text name, struct text role,
                                   struct buf *said);
// Whether nobody else owns the server.
bool account_is_last_owner(const struct core *core, const struct account *account);

// The audit log: what was done by those who run the server and keep order in it; session_note()
// writes it. It is a place of the store that no room can have.
#define AUDIT_PLACE "!audit"
// The last `count` of it, as a page (chat/reading.h).
void session_read_audit(struct session *session, uint32_t count);
