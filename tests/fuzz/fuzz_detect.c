// A decision stays, whatever follows; a pause always brings one; and what becomes a
// machine's opening was waited for.
#include "base/must.h"
#include "wire/detect.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { PREFIXES_MAX = 100 };

static bool is_machine(enum wire_protocol protocol)
{
    return protocol == WIRE_IRC || protocol == WIRE_TLS;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct text t = {(const char *)bytes, len};
    enum wire_protocol last = detect_protocol(text_head(t, PREFIXES_MAX), false);
    enum wire_protocol before = WIRE_UNDECIDED;
    for (size_t i = 0; i <= len && i <= PREFIXES_MAX; i++) {
        struct text prefix = text_head(t, i);
        enum wire_protocol now = detect_protocol(prefix, false);
        enum wire_protocol paused = detect_protocol(prefix, true);
        must(before == WIRE_UNDECIDED || now == before);
        must(now == WIRE_UNDECIDED || paused == now);
        must(i == 0 || paused != WIRE_UNDECIDED);
        must(now != WIRE_RELAY && paused != WIRE_RELAY);
        must(now != WIRE_UNDECIDED || !is_machine(last) || detect_may_become_machine(prefix));
        must(wire_protocol_name(now)[0]);
        before = now;
    }
    enum wire_protocol whole = detect_protocol(t, false);
    must(before == WIRE_UNDECIDED || whole == before);
    return 0;
}
