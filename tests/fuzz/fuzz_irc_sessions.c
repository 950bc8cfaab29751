// Three interleaved IRC connections: see support/fuzz_world.h. The first byte says who of them
// begins with a registration, with all capabilities, and in a channel. What they are sent is read
// as IRC: one message a line, whole, and no longer than allowed.
#include "base/must.h"
#include "base/utf8.h"
#include "protocol/irc.h"
#include "support/fuzz_world.h"
#include "wire/irc_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { REGISTERED = 1, CAPABLE = 8 };

static const struct operator_account operators[] = {{TEXT_INIT("o"), TEXT_INIT("password")}};

static uint8_t beginning;

static struct text greeting(size_t peer)
{
#define CAPS                                                                                       \
    "CAP REQ :message-tags server-time batch labeled-response echo-message setname "               \
    "draft/chathistory draft/event-playback draft/multiline draft/message-redaction "              \
    "extended-join extended-monitor away-notify invite-notify standard-replies multi-prefix "      \
    "userhost-in-names cap-notify account-tag account-notify chghost sasl draft/read-marker "      \
    "draft/account-registration draft/channel-rename draft/metadata-3 draft/search\r\n"
#define REGISTRATION(nick) "NICK " nick "\r\nUSER " nick " 0 * :" nick "\r\n"
    static const struct text greetings[][FUZZ_PEERS] = {
        {TEXT_INIT(""), TEXT_INIT(""), TEXT_INIT("")},
        {TEXT_INIT(REGISTRATION("a") "JOIN #c\r\n"), TEXT_INIT(REGISTRATION("b") "JOIN #c\r\n"),
         TEXT_INIT(REGISTRATION("c"))},
        {TEXT_INIT(CAPS), TEXT_INIT(CAPS), TEXT_INIT(CAPS)},
        {TEXT_INIT(CAPS REGISTRATION("a") "CAP END\r\nJOIN #c\r\n"),
         TEXT_INIT(CAPS REGISTRATION("b") "CAP END\r\nJOIN #c\r\n"),
         TEXT_INIT(CAPS REGISTRATION("c") "CAP END\r\n")},
    };
    bool registered = beginning & REGISTERED << peer;
    bool capable = beginning & CAPABLE << peer;
    return greetings[capable * 2 + registered][peer];
}

static bool is_command(struct text command)
{
    bool numeric = command.len == 3;
    bool word = command.len > 0;
    for (size_t i = 0; i < command.len; i++) {
        numeric = numeric && command.at[i] >= '0' && command.at[i] <= '9';
        word = word && command.at[i] >= 'A' && command.at[i] <= 'Z';
    }
    return numeric || word;
}

static void check_line(size_t peer, struct text line)
{
    (void)peer;
    static struct irc_message message;
    must(line.len && line.at[line.len - 1] == '\r');
    line.len--;
    must(text_find(line, '\r') == line.len && text_find(line, '\n') == line.len);
    must(text_find(line, '\0') == line.len && utf8_valid(line));
    must(irc_message_parse(line, &message) == IRC_PARSED && is_command(message.command));
    must(message.body.len <= IRC_BODY_MAX && message.tags.len + 2 <= IRC_LINE_BYTES - 512);
    must(message.source.len || text_equal(message.command, TEXT("ERROR")));
    for (size_t i = 0; i + 1 < message.param_count; i++) {
        must(message.param[i].len);
    }
    for (size_t i = 0; i < message.tag_count; i++) {
        must(message.tag[i].key.len);
        for (size_t other = 0; other < i; other++) {
            must(!text_equal(message.tag[i].key, message.tag[other].key));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_peer_kind irc = {&irc_protocol, IRC_LINE_BYTES, true};
    struct fuzz_kind kind = {.peers = {irc, irc, irc}, .line = check_line, .greeting = greeting};
    kind.info.operators = operators;
    kind.info.operator_count = 1;
    if (len) {
        beginning = *bytes;
        fuzz_world_run(&kind, (struct text){(const char *)bytes + 1, len - 1});
    }
    return 0;
}
