#include "chat/errand.h"

#include "base/must.h"
#include "chat/attempts.h"
#include "chat/core_state.h"
#include "chat/device.h"
#include "chat/erasure.h"
#include "chat/invitations.h"
#include "chat/roles.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS };

static const char *const sentences[] = {
#define X(name, sentence) [ACCOUNT_##name] = (sentence),
    ACCOUNT_RESULTS(X)
#undef X
};

static const char *const done_sentences[] = {
    [ACCOUNT_ACT_REGISTER] =
        ("The name % is yours now, and you are logged in. Nobody gets in under "
         "it without your password."),
    [ACCOUNT_ACT_LOG_IN] = "You are logged in as %.",
    [ACCOUNT_ACT_LOG_OUT] = "You are not logged in any more.",
    [ACCOUNT_ACT_PASSWORD] = ("You have a new password. Wherever else you were logged in, you are "
                              "not any more."),
    [ACCOUNT_ACT_CERTIFICATE_ADD] = "Your certificate lets you in as % from here on.",
    [ACCOUNT_ACT_CERTIFICATE_END] = "That certificate opens nothing any more.",
    [ACCOUNT_ACT_TOKEN_MAKE] = ("This lets a client in instead of your password; it is shown only "
                                "once: %"),
    [ACCOUNT_ACT_TOKEN_END] = "That token opens nothing any more.",
    [ACCOUNT_ACT_STAY] = "You stay in your rooms while you are away.",
    [ACCOUNT_ACT_STAY_NOT] = "You leave your rooms when you leave.",
    [ACCOUNT_ACT_EMAIL] = "That e-mail address is kept for those who run the server.",
    [ACCOUNT_ACT_EMAIL_END] = "No e-mail address of yours is kept any more.",
    [ACCOUNT_ACT_ADD] = "The account % is made.",
    [ACCOUNT_ACT_SET_PASSWORD] = "% has a new password.",
    [ACCOUNT_ACT_ROLE] = "",
    [ACCOUNT_ACT_SUSPEND] =
        ("Nobody can log in to the account % any more, and whoever was logged in "
         "is out."),
    [ACCOUNT_ACT_RESUME] = "Whoever owns the account % can log in to it again.",
    [ACCOUNT_ACT_DROP] = ("The account % ends now, and all that was said with it is erased."),
    [ACCOUNT_ACT_ERASE] = "The account % is erased.",
};

void account_answer_say(const struct account_answer *answer, struct buf *out)
{
    bool done = answer->result == ACCOUNT_DONE;
    bool own = answer->act == ACCOUNT_ACT_DROP || answer->act == ACCOUNT_ACT_PASSWORD;
    struct text sentence = text_of(done ? done_sentences[answer->act] : sentences[answer->result]);
    if (done && answer->act == ACCOUNT_ACT_ROLE) {
        role_say(answer->name, answer->role, out);
        return;
    }
    if (own && answer->result == ACCOUNT_WRONG) { // no name was given
        sentence = TEXT("That is not your password.");
    }
    size_t at = text_find(sentence, '%');
    buf_add(out, text_head(sentence, at));
    if (at == sentence.len) {
        return;
    }
    if (answer->detail) {
        buf_add(out, text_of(answer->detail));
    } else if (answer->number) {
        buf_printf(out, "%u", answer->number);
    } else {
        buf_add(out, answer->token.len ? answer->token : answer->name);
    }
    buf_add(out, text_skip(sentence, at + 1));
}

static void wipe(struct text *secret)
{
    if (secret->at) {
        explicit_bzero((char *)secret->at, secret->len);
    }
    text_disown(*secret);
    *secret = (struct text){0};
}

void errand_answer(struct session *session, const struct account_answer *answer)
{
    if (!session->state.gone) {
        session->protocol->account_answered(session, answer);
    }
}

void errand_refuse(struct session *session, enum account_act act, enum account_result result,
                   struct text name)
{
    errand_answer(session, &(struct account_answer){.act = act, .result = result, .name = name});
}

void errand_refuse_number(struct session *session, enum account_act act, enum account_result result,
                          uint32_t number)
{
    errand_answer(session,
                  &(struct account_answer){.act = act, .result = result, .number = number});
}

struct errand *errand_begin(struct session *session, enum account_act act, struct text name,
                            struct account *account)
{
    must(!session->errand);
    struct errand *errand = mem_alloc(sizeof *errand);
    errand->session = session;
    errand->act = act;
    errand->name = text_own(name);
    errand->account = account;
    errand->number = account ? account->number : 0;
    errand->password_changes = account ? account->password_changes : 0;
    session->errand = errand;
    session->state.wait = WAIT_ERRAND;
    return errand;
}

static void free_errand(struct errand *errand)
{
    if (*errand->invitation) {
        invitation_settle(errand->session->core, errand->invitation, false);
    }
    text_disown(errand->name);
    wipe(&errand->new_password);
    text_disown(errand->before);
    explicit_bzero(errand->token, sizeof errand->token);
    free(errand);
}

void errand_destroy(struct session *session)
{
    if (session->errand) {
        free_errand(session->errand);
        session->errand = NULL;
    }
}

void errand_end(struct errand *errand, enum account_result result)
{
    struct session *session = errand->session;
    session->errand = NULL;
    session->state.wait = WAIT_NOT;
    errand_answer(session, &(struct account_answer){
                               .act = errand->act,
                               .result = result,
                               .name = errand->name,
                               .token = text_of(result == ACCOUNT_DONE ? errand->token : ""),
                           });
    free_errand(errand);
    session_stall(session);
}

bool errand_hash(struct errand *errand, enum password_work work, struct text stored,
                 struct text password)
{
    const struct output *output = errand->session->core->output;
    struct password_job job = {.cookie = (uintptr_t)errand,
                               .work = work,
                               .stored = stored,
                               .password = password,
                               .scram = errand->session->core->config.access.scram};
    return output->hash(output->context, &job);
}

enum account_result session_may_send_secrets(const struct session *session)
{
    if (session->peer.secure || session->peer.loopback ||
        session->core->config.access.clear_passwords) {
        return ACCOUNT_DONE;
    }
    return session->peer.may_secure ? ACCOUNT_INSECURE : ACCOUNT_INSECURE_HERE;
}

bool errand_takes_password(struct session *session, enum account_act act, struct text password)
{
    const struct limits *limits = &session->core->config.limits;
    if (password.len < limits->password_bytes_min) {
        errand_refuse_number(session, act, ACCOUNT_PASSWORD_TOO_SHORT, limits->password_bytes_min);
        return false;
    }
    if (password.len > limits->password_bytes_max) {
        errand_refuse_number(session, act, ACCOUNT_PASSWORD_TOO_LONG, limits->password_bytes_max);
        return false;
    }
    return true;
}

// Failures are counted by address and by name, whether somebody has it or not.
struct tried {
    char address[8 + PEER_ADDRESS_MAX];
    char name[8 + NAME_KEY_MAX];
    struct attempt_rate by_address;
    struct attempt_rate by_name;
};

static struct tried tried_of(const struct session *session, const char *what, struct text name)
{
    const struct limits *limits = &session->core->config.limits;
    struct tried tried = {
        .by_address = {limits->failed_logins_per_min, MINUTE_MS / limits->failed_logins_per_min},
        .by_name = {limits->failed_logins_per_hour, HOUR_MS / limits->failed_logins_per_hour},
    };
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    name_fold(name, &key);
    snprintf(tried.address, sizeof tried.address, "%s@%s", what, session->peer.address);
    snprintf(tried.name, sizeof tried.name, "%s!%.*s", what, TEXT_ARG(buf_text(&key)));
    buf_finish(&key);
    return tried;
}

static bool counts_addresses(const struct session *session)
{
    return !session->peer.loopback && !session->peer.unlimited;
}

void errand_count_failure(struct session *session, struct text name)
{
    struct core *core = session->core;
    struct tried tried = tried_of(session, "login", name);
    if (counts_addresses(session)) {
        attempts_add(core->attempts, text_of(tried.address), tried.by_address, core->now.mono_ms);
    }
    if (!session->peer.unlimited) {
        attempts_add(core->attempts, text_of(tried.name), tried.by_name, core->now.mono_ms);
    }
}

// Milliseconds until the session may try again to log in to `name`.
static int64_t login_wait_ms(struct session *session, struct text name)
{
    struct core *core = session->core;
    struct tried tried = tried_of(session, "login", name);
    int64_t wait_ms = 0;
    if (counts_addresses(session)) {
        wait_ms = attempts_wait_ms(core->attempts, text_of(tried.address), tried.by_address,
                                   core->now.mono_ms);
    }
    int64_t name_ms = session->peer.unlimited
                          ? 0
                          : attempts_wait_ms(core->attempts, text_of(tried.name), tried.by_name,
                                             core->now.mono_ms);
    return name_ms > wait_ms ? name_ms : wait_ms;
}

bool errand_may_try(struct session *session, enum account_act act, struct text name)
{
    int64_t wait_ms = login_wait_ms(session, name);
    if (wait_ms) {
        errand_refuse_number(session, act, ACCOUNT_TOO_OFTEN,
                             (uint32_t)((wait_ms + SECOND_MS - 1) / SECOND_MS));
    }
    return wait_ms == 0;
}

bool errand_may_send(struct session *session, enum account_act act)
{
    enum account_result result = session_may_send_secrets(session);
    if (result != ACCOUNT_DONE) {
        errand_refuse(session, act, result, TEXT(""));
    }
    return result == ACCOUNT_DONE;
}

bool session_check_secrets(struct session *session)
{
    return errand_may_send(session, ACCOUNT_ACT_LOG_IN);
}

// Tells everybody who may know of it that the session's user has another account, or none.
void session_set_account(struct session *session, struct account *account)
{
    const struct output *output = session->core->output;
    session->account = account;
    if (!session->state.gone) {
        output->registered(output->context, session->handle, account != NULL);
    }
    if (session->user) {
        session_take_account(session);
    }
}

void session_log_in(struct session *session, struct text name, struct text password)
{
    name = device_take(session, name);
    struct core *core = session->core;
    struct account *account = account_find(&core->accounts, name);
    if (!errand_may_send(session, ACCOUNT_ACT_LOG_IN) ||
        session_log_in_by_token(session, name, password) ||
        !errand_may_try(session, ACCOUNT_ACT_LOG_IN, name)) {
        return;
    }
    struct errand *errand = errand_begin(session, ACCOUNT_ACT_LOG_IN, name, account);
    struct text stored = account ? account->password : TEXT("");
    password = text_head(password, core->config.limits.password_bytes_max + 1);
    if (!errand_hash(errand, PASSWORD_CHECK, stored, password)) {
        errand_end(errand, ACCOUNT_BUSY);
    }
}

void session_log_out(struct session *session)
{
    if (!session->account) {
        errand_refuse(session, ACCOUNT_ACT_LOG_OUT, ACCOUNT_NOT_LOGGED_IN, TEXT(""));
        return;
    }
    struct text name = session->account->name;
    session_set_account(session, NULL);
    errand_refuse(session, ACCOUNT_ACT_LOG_OUT, ACCOUNT_DONE, name);
}

static enum account_result why_not_register(struct session *session, struct text name,
                                            struct text email)
{
    struct core *core = session->core;
    if (session->account) {
        return ACCOUNT_LOGGED_IN;
    }
    // An account of one's own making would get past the server's password.
    bool before_password = !session->user && core->config.info.password.len;
    if (core->config.access.registration == REGISTRATION_CLOSED || before_password) {
        return ACCOUNT_CLOSED;
    }
    if (core->config.access.registration == REGISTRATION_INVITE &&
        !session_has_invitation(session)) {
        return ACCOUNT_NEEDS_INVITATION;
    }
    if (user_name_check(core, name) != NAME_OK) {
        return ACCOUNT_BAD_NAME;
    }
    if (account_of_name(&core->accounts, name)) {
        return ACCOUNT_NAME_TAKEN;
    }
    const struct user *holder = user_holder(core, name);
    return holder && holder != session->user ? ACCOUNT_NAME_IN_USE
                                             : errand_email_fault(core, email);
}

static bool may_register(struct session *session, struct text name, struct text email)
{
    enum account_result why = why_not_register(session, name, email);
    if (why != ACCOUNT_DONE) {
        errand_answer(session,
                      &(struct account_answer){
                          .act = ACCOUNT_ACT_REGISTER,
                          .result = why,
                          .name = why == ACCOUNT_LOGGED_IN ? session->account->name : name,
                          .detail = why == ACCOUNT_BAD_NAME
                                        ? name_fault_text(user_name_check(session->core, name))
                                        : NULL});
    }
    return why == ACCOUNT_DONE;
}

static bool may_register_again(struct session *session)
{
    struct core *core = session->core;
    uint32_t per_day = core->config.limits.registrations_per_day;
    struct attempt_rate rate = {per_day, 24 * (int64_t)HOUR_MS / per_day};
    char key[16 + PEER_ADDRESS_MAX];
    snprintf(key, sizeof key, "register@%s", session->peer.address);
    if (!counts_addresses(session)) {
        return true;
    }
    int64_t wait_ms = attempts_wait_ms(core->attempts, text_of(key), rate, core->now.mono_ms);
    if (wait_ms) {
        errand_refuse_number(session, ACCOUNT_ACT_REGISTER, ACCOUNT_TOO_OFTEN,
                             (uint32_t)((wait_ms + SECOND_MS - 1) / SECOND_MS));
    } else {
        attempts_add(core->attempts, text_of(key), rate, core->now.mono_ms);
    }
    return wait_ms == 0;
}

void session_register(struct session *session, struct text name, struct text password,
                      struct text email)
{
    struct core *core = session->core;
    if (!errand_may_send(session, ACCOUNT_ACT_REGISTER) || !may_register(session, name, email) ||
        !errand_takes_password(session, ACCOUNT_ACT_REGISTER, password) ||
        !may_register_again(session)) {
        return;
    }
    struct account *account = account_create(&core->accounts, name, core->now.wall_ms);
    text_replace(&account->email, email);
    struct errand *errand = errand_begin(session, ACCOUNT_ACT_REGISTER, name, account);
    if (core->config.access.registration == REGISTRATION_INVITE) {
        snprintf(errand->invitation, sizeof errand->invitation, "%s", invitation_reserve(session));
    }
    if (!errand_hash(errand, PASSWORD_MAKE, TEXT(""), password)) {
        account_destroy(&core->accounts, account);
        errand_end(errand, ACCOUNT_BUSY);
    }
}

void session_change_password(struct session *session, struct text old_password,
                             struct text new_password)
{
    struct account *account = session->account;
    enum account_act act = ACCOUNT_ACT_PASSWORD;
    if (!account) {
        errand_refuse(session, act, ACCOUNT_NOT_LOGGED_IN, TEXT(""));
        return;
    }
    if (!errand_may_send(session, act) || !errand_may_try(session, act, account->name) ||
        !errand_takes_password(session, act, new_password)) {
        return;
    }
    struct errand *errand = errand_begin(session, act, account->name, account);
    errand->new_password = text_own(new_password);
    if (!errand_hash(errand, PASSWORD_CHECK, account->password, old_password)) {
        errand_end(errand, ACCOUNT_BUSY);
    }
}

struct record account_record(const struct account *account, char key[ACCOUNT_RECORD_KEY],
                             struct buf *value)
{
    account_write(account, value);
    int len = snprintf(key, ACCOUNT_RECORD_KEY, "%llu", (unsigned long long)account->number);
    return (struct record){TEXT("account"), {key, (size_t)len}, buf_text(value)};
}

void account_keep(struct core *core, const struct account *account, struct errand *errand)
{
    char key[ACCOUNT_RECORD_KEY];
    struct buf value;
    buf_init(&value, STORE_RECORD_MAX);
    struct record record = account_record(account, key, &value);
    core_keep(core, &record, errand);
    buf_finish(&value);
}

// Numbers are never given twice, not after an account was erased either.
static void keep_counter(struct core *core)
{
    char value[32];
    int len = snprintf(value, sizeof value, "%llu", (unsigned long long)core->accounts.last_number);
    struct record record = {TEXT("counter"), TEXT("account"), {value, (size_t)len}};
    core_keep(core, &record, NULL);
}

static void checked_login(struct errand *errand, bool matches, struct text stored)
{
    struct session *session = errand->session;
    struct account *account = errand->account;
    bool stale = account && account->password_changes != errand->password_changes;
    if (!account || !matches || stale || (account->flags & ACCOUNT_SUSPENDED)) {
        errand_count_failure(session, errand->name);
        errand_end(errand, ACCOUNT_WRONG);
        return;
    }
    if (stored.len) { // made with weaker parameters than passwords are now
        text_replace(&account->password, stored);
        account_keep(session->core, account, NULL);
    }
    session_set_account(session, account);
    text_replace(&errand->name, account->name);
    errand_end(errand, ACCOUNT_DONE);
}

static void checked_old_password(struct errand *errand, bool matches)
{
    if (!matches) {
        errand_count_failure(errand->session, errand->name);
        errand_end(errand, ACCOUNT_WRONG);
        return;
    }
    struct text password = errand->new_password;
    errand->new_password = (struct text){0};
    if (!errand_hash(errand, PASSWORD_MAKE, TEXT(""), password)) {
        errand_end(errand, ACCOUNT_BUSY);
    }
    wipe(&password);
}

static void take_password(struct errand *errand, struct text stored)
{
    struct core *core = errand->session->core;
    errand->before = errand->account->password;
    errand->account->password = text_own(stored);
    if (*errand->invitation) {
        invitation_spend_reserved(core, errand->invitation);
    }
    if (errand->act == ACCOUNT_ACT_REGISTER || errand->act == ACCOUNT_ACT_ADD) {
        keep_counter(core);
    } else {
        errand->account->password_changes++;
        tokens_end(errand->account);
    }
    account_keep(core, errand->account, errand);
}

void errand_hashed(struct core *core, struct errand *errand, bool matches, struct text stored)
{
    // It may have been erased meanwhile.
    if (errand->number && account_by_number(&core->accounts, errand->number) != errand->account) {
        errand->account = NULL;
    }
    bool making = errand->act == ACCOUNT_ACT_REGISTER || errand->act == ACCOUNT_ACT_ADD ||
                  errand->act == ACCOUNT_ACT_SET_PASSWORD ||
                  (errand->act == ACCOUNT_ACT_PASSWORD && !errand->new_password.at);
    if (errand->act == ACCOUNT_ACT_LOG_IN) {
        checked_login(errand, matches, stored);
    } else if (!errand->account) {
        errand_end(errand, ACCOUNT_WRONG);
    } else if (making) {
        take_password(errand, stored);
    } else if (errand->act == ACCOUNT_ACT_DROP) {
        erasure_checked(errand, matches);
    } else {
        checked_old_password(errand, matches);
    }
}

void errand_given_up(struct core *core, struct errand *errand)
{
    if (errand->act == ACCOUNT_ACT_REGISTER || errand->act == ACCOUNT_ACT_ADD) {
        account_destroy(&core->accounts, errand->account);
    }
    errand_end(errand, ACCOUNT_BUSY);
}

static void registered(struct errand *errand, int error)
{
    struct session *session = errand->session;
    struct core *core = session->core;
    if (error) {
        account_destroy(&core->accounts, errand->account);
        errand_end(errand, ACCOUNT_NOT_KEPT);
        return;
    }
    errand->account->flags &= ~(uint32_t)ACCOUNT_NEW;
    if (errand->act == ACCOUNT_ACT_REGISTER) {
        session_set_account(session, errand->account);
    }
    if (*errand->invitation) {
        invitation_settle(core, errand->invitation, true);
        *errand->invitation = '\0';
    }
    errand_end(errand, ACCOUNT_DONE);
}

void errand_recorded(struct errand *errand, int error)
{
    struct core *core = errand->session->core;
    if (account_by_number(&core->accounts, errand->number) != errand->account) {
        errand_end(errand, ACCOUNT_WRONG);
        return;
    }
    if (errand->act == ACCOUNT_ACT_REGISTER || errand->act == ACCOUNT_ACT_ADD) {
        registered(errand, error);
        return;
    }
    if (errand->act == ACCOUNT_ACT_SUSPEND || errand->act == ACCOUNT_ACT_RESUME ||
        errand->act == ACCOUNT_ACT_STAY || errand->act == ACCOUNT_ACT_STAY_NOT) {
        errand_changed(errand, error);
        return;
    }
    if (errand->act == ACCOUNT_ACT_EMAIL || errand->act == ACCOUNT_ACT_EMAIL_END) {
        errand_email_kept(errand, error);
        return;
    }
    if (errand->act == ACCOUNT_ACT_ERASE) {
        erasure_recorded(errand, error);
        return;
    }
    if (errand->act != ACCOUNT_ACT_PASSWORD && errand->act != ACCOUNT_ACT_SET_PASSWORD) {
        keys_recorded(errand, error);
        return;
    }
    struct session *session = errand->session;
    struct account *account = errand->account;
    tokens_ended(core, account, error == 0);
    if (error) {
        text_replace(&account->password, errand->before);
    } else {
        account_end_sessions(core, account, session, CLOSE_LOGGED_OUT);
    }
    errand_end(errand, error ? ACCOUNT_NOT_KEPT : ACCOUNT_DONE);
}
