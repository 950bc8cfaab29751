// An administrator on the control socket, beside a plain peer and one of IRC: see
// support/fuzz_world.h. Whatever is asked, each answer is a line with a JSON object that shows
// nothing to a terminal but text, and a refusal says why.
#include "base/must.h"
#include "protocol/control.h"
#include "protocol/irc.h"
#include "protocol/plain.h"
#include "support/fuzz_world.h"
#include "wire/irc_message.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { ADMINISTRATOR, PLAIN, IRC };

static struct text greeting(size_t peer)
{
    static const struct text greetings[FUZZ_PEERS] = {
        [ADMINISTRATOR] = TEXT_INIT(""),
        [PLAIN] = TEXT_INIT("Ann\n"),
        [IRC] = TEXT_INIT("NICK Ian\r\nUSER i 0 * :Ian\r\n"),
    };
    return greetings[peer];
}

static void check_line(size_t peer, struct text line)
{
    if (peer != ADMINISTRATOR) {
        return;
    }
    json_t *row = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, NULL);
    must(json_is_object(row) && json_object_size(row));
    const json_t *ok = json_object_get(row, "ok");
    const json_t *error = json_object_get(row, "error");
    must(!ok || json_is_boolean(ok));
    must(json_is_false(ok) ? json_string_length(error) > 0 : !error);
    json_decref(row);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_kind kind = {
        .peers = {[ADMINISTRATOR] = {&control_protocol, limits_default.message_bytes, true},
                  [PLAIN] = {&plain_protocol, limits_default.message_bytes, false},
                  [IRC] = {&irc_protocol, IRC_LINE_BYTES, true}},
        .line = check_line,
        .greeting = greeting,
    };
    fuzz_world_run(&kind, (struct text){(const char *)bytes, len});
    return 0;
}
