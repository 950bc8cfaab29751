#include "chat/cloak.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/must.h"
#include "chat/change.h"
#include "chat/core_state.h"
#include "chat/session.h"

#include <arpa/inet.h>

static const struct text record_key = TEXT_INIT("key");

static void take_key(struct core *core, const unsigned char key[CLOAK_KEY_BYTES])
{
    memcpy(core->cloak.key, key, CLOAK_KEY_BYTES);
    core->cloak.known = true;
}

static int digit(char letter)
{
    return letter >= '0' && letter <= '9'   ? letter - '0'
           : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
                                            : -1;
}

bool cloak_load(struct core *core, const struct record *record)
{
    unsigned char key[CLOAK_KEY_BYTES];
    struct text hex = record->value;
    if (!text_equal(record->key, record_key) || hex.len != 2 * sizeof key) {
        return false;
    }
    for (size_t i = 0; i < sizeof key; i++) {
        int high = digit(hex.at[2 * i]);
        int low = digit(hex.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        key[i] = (unsigned char)(high * 16 + low);
    }
    take_key(core, key);
    return true;
}

static struct record record_of(const unsigned char key[CLOAK_KEY_BYTES], struct buf *hex)
{
    buf_init(hex, 2 * CLOAK_KEY_BYTES + 1);
    for (size_t i = 0; i < CLOAK_KEY_BYTES; i++) {
        buf_printf(hex, "%02x", key[i]);
    }
    return (struct record){TEXT(CLOAK_KIND), record_key, buf_text(hex)};
}

static void keep(struct core *core)
{
    struct buf hex;
    struct record record = record_of(core->cloak.key, &hex);
    core_keep(core, &record, NULL);
    buf_finish(&hex);
}

void cloak_renew(struct core *core)
{
    unsigned char key[CLOAK_KEY_BYTES];
    core->output->random(core->output->context, key, sizeof key);
    take_key(core, key);
    keep(core);
}

void cloak_begin(struct core *core)
{
    if (!core->cloak.known) {
        cloak_renew(core);
    }
}

struct cloak_change {
    struct change change;
    unsigned char key[CLOAK_KEY_BYTES];
};

static int end(struct change *change, int error)
{
    struct core *core = change->session->core;
    if (error && !change->doomed) {
        keep(core);
    } else if (!error) {
        take_key(core, ((struct cloak_change *)change)->key);
    }
    return error;
}

void session_renew_cloaks(struct session *session)
{
    struct core *core = session->core;
    struct cloak_change *own = (struct cloak_change *)change_begin(session, NULL, sizeof *own, end);
    core->output->random(core->output->context, own->key, sizeof own->key);
    change_note(&own->change, true, "has given addresses other cloaks");
    struct buf hex;
    struct record record = record_of(own->key, &hex);
    change_submit(&own->change, &record);
    buf_finish(&hex);
}

// The bytes that the cloak is made of; returns how many.
static size_t network_of(struct text address, unsigned char bytes[sizeof(struct in6_addr)])
{
    enum { NETWORK_BYTES = 8 };
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    char string[INET6_ADDRSTRLEN];
    size_t len = address.len < sizeof string ? address.len : sizeof string - 1;
    memcpy(string, address.at, len);
    string[len] = '\0';
    if (inet_pton(AF_INET, string, bytes) == 1) {
        return sizeof(struct in_addr);
    }
    if (inet_pton(AF_INET6, string, bytes) != 1) {
        return 0;
    }
    if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        memmove(bytes, bytes + sizeof mapped, sizeof(struct in_addr));
        return sizeof(struct in_addr);
    }
    return NETWORK_BYTES;
}

uint64_t cloak_of(const struct core *core, struct text address)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    size_t len = network_of(address, bytes);
    return len ? hash_keyed64(core->cloak.key, bytes, len)
               : hash_keyed64(core->cloak.key, address.at, address.len);
}
