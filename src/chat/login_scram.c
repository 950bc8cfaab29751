// Logins by SCRAM: which keys there are, and what a proof brings.
#include "base/hash.h"
#include "chat/core_state.h"
#include "chat/device.h"
#include "chat/errand.h"

// They stand behind what the password itself is compared with.
static struct text keys_of(const struct account *account)
{
    struct text kept = account ? account->password : TEXT("");
    return text_skip(kept, text_find(kept, ' ') + 1);
}

// The same one whenever the name is asked for, as with somebody's.
static void make_salt(const struct core *core, struct text name, struct scram_start *start)
{
    struct buf key;
    buf_init(&key, NAME_KEY_MAX + 8);
    name_fold(name, &key);
    for (size_t i = 0; i < sizeof start->salt / 8; i++) {
        buf_add(&key, TEXT(" salt"));
        uint64_t part = hash_keyed64(core->cloak.key, key.at, key.len);
        memcpy(start->salt + 8 * i, &part, 8);
    }
    buf_finish(&key);
}

bool session_begin_scram(struct session *session, struct text name, struct scram_start *start)
{
    struct core *core = session->core;
    name = device_take(session, name);
    if (!errand_may_send(session, ACCOUNT_ACT_LOG_IN) ||
        !errand_may_try(session, ACCOUNT_ACT_LOG_IN, name)) {
        return false;
    }
    start->keys = keys_of(account_find(&core->accounts, name));
    make_salt(core, name, start);
    core->output->random(core->output->context, start->nonce, sizeof start->nonce);
    return true;
}

void session_log_in_by_scram(struct session *session, struct text name, struct text keys,
                             bool proved)
{
    name = device_take(session, name);
    struct account *account = account_find(&session->core->accounts, name);
    bool current = account && keys.len && text_equal(keys_of(account), keys);
    if (!proved || !current || (account->flags & ACCOUNT_SUSPENDED)) {
        errand_count_failure(session, name);
        errand_refuse(session, ACCOUNT_ACT_LOG_IN, ACCOUNT_WRONG, name);
        return;
    }
    session_set_account(session, account);
    errand_refuse(session, ACCOUNT_ACT_LOG_IN, ACCOUNT_DONE, account->name);
}
