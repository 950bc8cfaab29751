#include "wire/base64.h"

#include "base/must.h"

#include <sodium.h>
#include <stdlib.h>

bool base64_decode(struct text encoded, struct buf *out)
{
    size_t max = encoded.len / 4 * 3 + 3;
    size_t len = 0;
    unsigned char *bytes = mem_alloc(max);
    bool valid = sodium_base642bin(bytes, max, encoded.at, encoded.len, NULL, &len, NULL,
                                   sodium_base64_VARIANT_ORIGINAL) == 0;
    bool added = valid && buf_add(out, (struct text){(char *)bytes, len});
    sodium_memzero(bytes, max);
    free(bytes);
    return added;
}

void base64_encode(const void *bytes, size_t len, struct buf *out)
{
    const int variant = sodium_base64_VARIANT_ORIGINAL;
    size_t size = sodium_base64_encoded_len(len, variant);
    char *encoded = mem_alloc(size);
    sodium_bin2base64(encoded, size, bytes, len, variant);
    buf_add(out, text_of(encoded));
    sodium_memzero(encoded, size);
    free(encoded);
}
