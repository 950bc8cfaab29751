#include "chat/roles.h"

#include "base/must.h"
#include "chat/change.h"
#include "chat/core_state.h"
#include "chat/errand.h"
#include "chat/login.h"
#include "chat/reading.h"
#include "chat/session.h"

static const char *const sentences[] = {
#define X(name, sentence) [ROLE_RESULT_##name] = sentence,
    ROLE_RESULTS(X)
#undef X
};

const char *role_result_text(enum role_result result)
{
    return sentences[result];
}

enum role session_role(const struct session *session)
{
    const struct user *user = session->user;
    enum role role = session->account ? account_role(session->account) : ROLE_MEMBER;
    return user && user->is_operator && role < ROLE_ADMIN ? ROLE_ADMIN : role;
}

static size_t count_owners(const struct core *core)
{
    size_t count = 0;
    for (const struct account *a = core->accounts.by_number; a; a = a->by_number.next) {
        count += account_role(a) == ROLE_OWNER;
    }
    return count;
}

bool core_has_owner(const struct core *core)
{
    return count_owners(core) > 0;
}

bool account_is_last_owner(const struct core *core, const struct account *account)
{
    return account_role(account) == ROLE_OWNER && count_owners(core) == 1;
}

void core_offer_claim(struct core *core, struct text code)
{
    text_replace(&core->claim, code);
}

static bool is_operator(const struct account *account)
{
    return account_role(account) >= ROLE_ADMIN;
}

// Who is an operator by the configuration stays one.
static void set_role(struct core *core, struct account *account, enum role role, enum role coming)
{
    bool before = is_operator(account);
    account->role = role;
    account->role_coming = coming;
    bool after = is_operator(account);
    for (size_t i = 0; i < core->users.count && before != after; i++) {
        struct user *user = core->users.sorted[i];
        if (user->identity.account && user->identity.number == account->number) {
            user->is_operator = after;
        }
    }
}

static const char *phrase(enum role role)
{
    static const char *const phrases[ROLE_COUNT] = {
        [ROLE_MEMBER] = "an ordinary member",
        [ROLE_MODERATOR] = "a moderator",
        [ROLE_ADMIN] = "an admin",
        [ROLE_OWNER] = "an owner",
    };
    return phrases[role];
}

void role_say(struct text name, enum role role, struct buf *out)
{
    buf_printf(out, "%.*s is %s of this server now.", TEXT_ARG(name), phrase(role));
}

static void tell_role(struct session *by, const struct account *account, enum role role)
{
    char words[256];
    struct text name = by->user ? by->user->name : TEXT("An administrator");
    int len = snprintf(words, sizeof words, "%.*s has made you %s of this server.", TEXT_ARG(name),
                       phrase(role));
    struct actor server = {.name = session_server_name(by)};
    struct event event = {
        .kind = EVENT_ANNOUNCED,
        .wall_ms = by->core->now.wall_ms,
        .now_ms = by->core->now.wall_ms,
        .actors = &server,
        .actor_count = 1,
        .text = {words, (size_t)len},
    };
    for (size_t i = 0; i < by->core->session_size; i++) {
        struct session *s = by->core->sessions[i];
        if (s && s != by && !s->state.gone && s->account == account && s->protocol->announced) {
            s->protocol->announced(s, &event);
        }
    }
}

struct role_change {
    struct change change;
    uint64_t account; // its number
    enum role role;
    bool claims;
};

static int end(struct change *change, int error)
{
    struct role_change *own = (struct role_change *)change;
    struct core *core = change->session->core;
    struct account *account = account_by_number(&core->accounts, own->account);
    if (account && error && !change->doomed) {
        set_role(core, account, account->role, account->role);
        account_keep(core, account, NULL);
    }
    if (account && !error) {
        bool differs = own->role != account->role;
        set_role(core, account, own->role, account->role_coming);
        if (differs && !own->claims) {
            tell_role(change->session, account, own->role);
        }
    }
    if (own->claims && !error) {
        text_replace(&core->claim, TEXT(""));
    }
    return error;
}

// Other records of the account that are written meanwhile have the role, too.
static struct role_change *begin(struct session *session, struct account *account, enum role role)
{
    struct role_change *own = (struct role_change *)change_begin(session, NULL, sizeof *own, end);
    own->account = account->number;
    own->role = role;
    set_role(session->core, account, account->role, role);
    return own;
}

static void submit(struct role_change *own, const struct account *account)
{
    struct buf value;
    buf_init(&value, STORE_RECORD_MAX);
    char key[ACCOUNT_RECORD_KEY];
    struct record record = account_record(account, key, &value);
    change_submit(&own->change, &record);
    buf_finish(&value);
}

enum role_result session_claim(struct session *session, struct text code)
{
    struct core *core = session->core;
    if (!session->account) {
        return ROLE_RESULT_NOT_LOGGED_IN;
    }
    if (core->claim.len == 0 || core_has_owner(core)) {
        return ROLE_RESULT_NOTHING_TO_CLAIM;
    }
    if (!text_equal_secret(core->claim, code)) {
        session_note(session, "has given a wrong code to own the server");
        return ROLE_RESULT_WRONG_CODE;
    }
    struct role_change *own = begin(session, session->account, ROLE_OWNER);
    own->claims = true;
    change_note(&own->change, true, "has become the owner of the server, with the account %.*s",
                TEXT_ARG(session->account->name));
    submit(own, session->account);
    return ROLE_RESULT_DONE;
}

static void give(struct session *session, struct account *account, enum role role)
{
    struct role_change *own = begin(session, account, role);
    change_note(&own->change, true, "has given %.*s the role %s", TEXT_ARG(account->name),
                role_word(role));
    submit(own, account);
}

void session_set_role(struct session *session, struct text name, enum role role)
{
    enum account_act act = ACCOUNT_ACT_ROLE;
    struct core *core = session->core;
    struct account *account = account_find(&core->accounts, name);
    if (!account || (account->flags & ACCOUNT_ERASING)) {
        errand_refuse(session, act, ACCOUNT_NO_ACCOUNT, name);
    } else if (role < ROLE_OWNER && account_is_last_owner(core, account)) {
        errand_refuse(session, act, ACCOUNT_LAST_OWNER, account->name);
    } else {
        give(session, account, role);
        errand_answer(session,
                      &(struct account_answer){
                          .act = act, .result = ACCOUNT_DONE, .name = account->name, .role = role});
    }
}

static struct account *find_account(struct core *core, struct text name)
{
    struct account *account = account_find(&core->accounts, name);
    const struct user *user = account ? NULL : user_find(core, name);
    bool registered = user && user->identity.account;
    return registered ? account_by_number(&core->accounts, user->identity.number) : account;
}

// With what is on its way to the store.
static enum role highest(const struct account *account)
{
    return account->role_coming > account->role ? account->role_coming : account->role;
}

enum role_result session_give_role(struct session *session, struct text name, struct text word,
                                   struct buf *said)
{
    struct core *core = session->core;
    enum role own = session_role(session);
    enum role role;
    if (own < ROLE_ADMIN) {
        return ROLE_RESULT_NOT_ALLOWED;
    }
    if (!role_find(word, &role)) {
        return ROLE_RESULT_NO_ROLE;
    }
    struct account *account = find_account(core, name);
    if (!account) {
        return ROLE_RESULT_NO_ACCOUNT;
    }
    if (own < ROLE_OWNER && (role >= ROLE_ADMIN || highest(account) >= ROLE_ADMIN)) {
        return ROLE_RESULT_NOT_ALLOWED;
    }
    if (account->role == role && account->role_coming == role) {
        return ROLE_RESULT_SAME;
    }
    if (role < ROLE_OWNER && account_is_last_owner(core, account)) {
        return ROLE_RESULT_LAST_OWNER;
    }
    give(session, account, role);
    role_say(account->name, role, said);
    return ROLE_RESULT_DONE;
}

void session_read_audit(struct session *session, uint32_t count)
{
    struct store_query query = {.place = TEXT(AUDIT_PLACE),
                                .from = {.kind = STORE_END},
                                .to = {.kind = STORE_START},
                                .limit = count};
    session_read_history(session, &query, TEXT("the audit log"));
}
