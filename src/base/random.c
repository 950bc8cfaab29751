#include "base/random.h"

#include "base/must.h"

#include <sodium.h>

void random_bytes(void *bytes, size_t count)
{
    must(sodium_init() >= 0);
    randombytes_buf(bytes, count);
}
