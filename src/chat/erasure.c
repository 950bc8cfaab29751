#include "chat/erasure.h"

#include "base/must.h"
#include "chat/core_state.h"
#include "chat/roles.h"
#include "chat/room.h"
#include "chat/rules_change.h"
#include "chat/stay.h"

#include <errno.h>

// Each is a write, and others wait for the commit that they are in.
enum { MESSAGES_TOGETHER = 32 };

struct erasure {
    uint64_t account;
    struct errand *errand; // who asked for it; NULL: nobody waits
    uint64_t from;         // messages up to this id have been looked at
    size_t waiting;        // messages that the store has not answered for
    bool more;             // there may be something behind them
    int error;
};

static void ask(struct core *core);

void session_erase_account(struct session *session, struct text name)
{
    struct core *core = session->core;
    enum account_act act = ACCOUNT_ACT_ERASE;
    struct account *account = account_find(&core->accounts, name);
    if (!account || core->erasure) {
        errand_refuse(session, act, account ? ACCOUNT_ERASING_NOW : ACCOUNT_NO_ACCOUNT, name);
        return;
    }
    struct errand *errand = errand_begin(session, act, account->name, account);
    errand->flags_before = account->flags;
    account->flags |= ACCOUNT_SUSPENDED | ACCOUNT_ERASING;
    account_end_sessions(core, account, NULL, CLOSE_ERASED);
    stay_end(core, account);
    account_keep(core, account, errand);
}

void session_drop_account(struct session *session, struct text password)
{
    const struct core *core = session->core;
    struct account *account = session->account;
    enum account_act act = ACCOUNT_ACT_DROP;
    if (!account || core->erasure) {
        errand_refuse(session, act, account ? ACCOUNT_ERASING_NOW : ACCOUNT_NOT_LOGGED_IN,
                      TEXT(""));
        return;
    }
    if (!errand_may_send(session, act) || !errand_may_try(session, act, account->name)) {
        return;
    }
    struct errand *errand = errand_begin(session, act, account->name, account);
    password = text_head(password, core->config.limits.password_bytes_max + 1);
    if (!errand_hash(errand, PASSWORD_CHECK, account->password, password)) {
        errand_end(errand, ACCOUNT_BUSY);
    }
}

void erasure_checked(struct errand *errand, bool matches)
{
    struct session *session = errand->session;
    if (!matches) {
        errand_count_failure(session, errand->name);
        errand_end(errand, ACCOUNT_WRONG);
        return;
    }
    // Whoever has gone or logged out meanwhile has not meant it.
    if (session->state.gone || session->account != errand->account) {
        errand_end(errand, ACCOUNT_NOT_LOGGED_IN);
        return;
    }
    struct text name = text_own(errand->account->name);
    errand_end(errand, ACCOUNT_DONE);
    session_erase_account(session, name);
    text_disown(name);
}

static void begin(struct core *core, uint64_t account, struct errand *errand)
{
    core->erasure = mem_alloc(sizeof *core->erasure);
    core->erasure->account = account;
    core->erasure->errand = errand;
    ask(core);
}

// It goes on at the next start, or when somebody asks for it again.
static void give_up(struct core *core)
{
    struct errand *errand = core->erasure->errand;
    erasure_destroy(core);
    if (errand) {
        errand_end(errand, ACCOUNT_NOT_ERASED);
    }
}

void erasure_destroy(struct core *core)
{
    free(core->erasure);
    core->erasure = NULL;
}

static struct identity identity_of(const struct erasure *erasure)
{
    return (struct identity){.number = erasure->account, .account = true};
}

static void ask(struct core *core)
{
    struct erasure *erasure = core->erasure;
    if (core->shutting_down) {
        give_up(core);
        return;
    }
    struct store_query query = {.everything = true,
                                .who = identity_of(erasure),
                                .from = {.kind = STORE_ID, .number = erasure->from},
                                .limit = MESSAGES_TOGETHER};
    store_query(core->store, &query, (uintptr_t)erasure | COOKIE_ERASURE);
}

static void forget_topic(struct core *core, const struct message *message)
{
    struct room *room = message->kind == MESSAGE_TOPIC ? room_of_place(core, message->place) : NULL;
    if (room && room->topic_ms == message->time_ms &&
        text_equal(room->topic_by, message->sender_name)) {
        text_replace(&room->topic_by, TEXT(ERASED_NAME));
    }
}

static void erase(struct core *core, const struct message *message)
{
    struct erasure *erasure = core->erasure;
    if (text_equal(message->place, TEXT(AUDIT_PLACE))) {
        return; // what was done to others stays known
    }
    struct message erasing = {.kind = MESSAGE_ERASURE,
                              .id = message->id,
                              .place = message->place,
                              .sender = identity_of(erasure),
                              .sender_name = TEXT(ERASED_NAME)};
    forget_topic(core, message);
    erasure->waiting++;
    store_submit(core->store, &erasing, (uintptr_t)erasure | COOKIE_ERASURE);
}

static bool is_founder(const struct rules *rules, uint64_t account)
{
    return rules_ranks(rules, account) & RANK_FOUNDER;
}

static bool has_founder(const struct rules *rules)
{
    for (size_t i = 0; i < rules->rank_count; i++) {
        if (rules->ranks[i].ranks & RANK_FOUNDER) {
            return true;
        }
    }
    return false;
}

// The room may be gone by it.
static void leave_rules(struct core *core, struct room *room, const struct account *account)
{
    struct rules *rules = room->rules;
    bool founded = rules && is_founder(rules, account->number);
    rules_drafts_forget(room, account->number, account->name, ERASED_NAME);
    if (!rules || !rules_forget_account(rules, account->number, account->name, ERASED_NAME)) {
        return;
    }
    if (founded && !has_founder(rules)) {
        room_release(core, room);
    } else {
        room_keep(core, room);
    }
}

static void leave_rooms(struct core *core, const struct account *account)
{
    struct room *room;
    struct room *next;
    HASH_ITER(by_key, core->rooms, room, next)
    {
        if (room->recent) {
            recent_erase(room->recent, account_identity(account), TEXT(ERASED_NAME));
        }
        leave_rules(core, room, account);
    }
}

// Last of all its record goes: before that it is all done again.
static void finish(struct core *core)
{
    struct errand *errand = core->erasure->errand;
    struct account *account = account_by_number(&core->accounts, core->erasure->account);
    char key[32];
    must(account);
    erasure_destroy(core);
    leave_rooms(core, account);
    notes_forget_account(core, account);
    departed_forget(&core->departed, account->name);
    int len = snprintf(key, sizeof key, "%llu", (unsigned long long)account->number);
    account_destroy(&core->accounts, account);
    if (errand) {
        errand->account = NULL;
    }
    core_keep(core, &(struct record){TEXT("account"), {key, (size_t)len}, TEXT("")}, errand);
    erasure_resume(core);
}

static void go_on(struct core *core)
{
    const struct erasure *erasure = core->erasure;
    if (erasure->waiting) {
        return;
    }
    if (erasure->error) {
        give_up(core);
    } else if (erasure->more) {
        ask(core);
    } else {
        finish(core);
    }
}

void erasure_answered(struct core *core, const struct store_answer *answer)
{
    struct erasure *erasure = core->erasure;
    must(erasure);
    if (answer->kind == STORE_WRITTEN) {
        erasure->waiting--;
    } else {
        erasure->from = answer->id;
        // Somebody may have written to the account in the moment in which its sessions ended.
        erasure->more = answer->more || answer->message_count;
        for (size_t i = 0; i < answer->message_count; i++) {
            erase(core, &answer->messages[i]);
        }
    }
    // -ENOENT: there is nothing of the account in it any more.
    erasure->error = answer->error && answer->error != -ENOENT ? answer->error : erasure->error;
    go_on(core);
}

void erasure_recorded(struct errand *errand, int error)
{
    struct core *core = errand->session->core;
    struct account *account = errand->account;
    if (!account) {
        errand_end(errand, error ? ACCOUNT_NOT_ERASED : ACCOUNT_DONE);
    } else if (error) {
        account->flags = errand->flags_before;
        errand_end(errand, ACCOUNT_NOT_KEPT);
    } else {
        begin(core, account->number, errand);
    }
}

void erasure_resume(struct core *core)
{
    const struct account *account = core->accounts.by_number;
    while (account && !(account->flags & ACCOUNT_ERASING)) {
        account = account->by_number.next;
    }
    if (account && !core->erasure) {
        begin(core, account->number, NULL);
    }
}

void erasure_of_recent(const struct core *core, struct recent *recent)
{
    for (uint32_t i = 0; i < recent->count; i++) {
        struct identity who = recent_at(recent, i)->sender;
        if (who.account && !account_by_number(&core->accounts, who.number)) {
            recent_erase(recent, who, TEXT(ERASED_NAME));
        }
    }
}
