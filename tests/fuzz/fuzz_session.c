// Sessions of two plain peers and one of the relay: see support/fuzz_world.h.
#include "protocol/plain.h"
#include "protocol/relay.h"
#include "support/fuzz_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_peer_kind plain = {&plain_protocol, limits_default.message_bytes, false};
    struct fuzz_peer_kind relay = {&relay_protocol, limits_default.message_bytes, false};
    struct fuzz_kind kind = {.peers = {plain, plain, relay}};
    fuzz_world_run(&kind, (struct text){(const char *)bytes, len});
    return 0;
}
