#include "store/store.h"

#include <inttypes.h>

static bool comes_first(struct identity a, struct identity b)
{
    return a.account != b.account ? a.account : a.number < b.number;
}

static char kind_letter(struct identity who)
{
    return who.account ? 'a' : 'g';
}

struct text store_conversation_key(char key[STORE_KEY_MAX], struct identity a, struct identity b)
{
    struct identity first = comes_first(a, b) ? a : b;
    struct identity second = comes_first(a, b) ? b : a;
    int len = snprintf(key, STORE_KEY_MAX, "%c%" PRIu64 "+%c%" PRIu64, kind_letter(first),
                       first.number, kind_letter(second), second.number);
    return (struct text){key, (size_t)len};
}
