#include "protocol/irc_caps.h"

#include "protocol/irc_metadata.h"
#include "protocol/irc_multiline.h"
#include "protocol/irc_registration.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_sasl.h"
#include "protocol/irc_state.h"

// Bits of irc.more, above those of session.options.
#define MORE(bit) ((uint64_t)(bit) << 32)

// `needs` is what the capability cannot be had without; `value` stands for CAP 302 clients.
static const struct {
    struct text name;
    uint64_t cap;
    enum irc_cap needs;
    const char *value;
} caps[] = {
    {TEXT_INIT("account-notify"), CAP_ACCOUNT_NOTIFY, 0, NULL},
    {TEXT_INIT("account-tag"), CAP_ACCOUNT_TAG, 0, NULL},
    {TEXT_INIT("away-notify"), CAP_AWAY_NOTIFY, 0, NULL},
    {TEXT_INIT("batch"), CAP_BATCH, 0, NULL},
    {TEXT_INIT("cap-notify"), CAP_CAP_NOTIFY, 0, NULL},
    {TEXT_INIT("chghost"), CAP_CHGHOST, 0, NULL},
    {TEXT_INIT("draft/account-registration"), CAP_ACCOUNT_REGISTRATION, 0, NULL},
    {TEXT_INIT("draft/channel-rename"), CAP_CHANNEL_RENAME, 0, NULL},
    {TEXT_INIT("draft/chathistory"), CAP_CHATHISTORY, 0, NULL},
    {TEXT_INIT("draft/event-playback"), CAP_EVENT_PLAYBACK, 0, NULL},
    {TEXT_INIT("draft/extended-isupport"), CAP_EXTENDED_ISUPPORT, 0, NULL},
    {TEXT_INIT("draft/message-redaction"), CAP_REDACTION, 0, NULL},
    {TEXT_INIT("draft/metadata-2"), CAP_METADATA, 0, IRC_METADATA_VALUE},
    {TEXT_INIT("draft/metadata-3"), CAP_METADATA | MORE(MORE_METADATA_3), 0, IRC_METADATA_VALUE},
    {TEXT_INIT("draft/multiline"), CAP_MULTILINE, 0, IRC_MULTILINE_VALUE},
    {TEXT_INIT("draft/pre-away"), CAP_PRE_AWAY, 0, NULL},
    {TEXT_INIT("draft/read-marker"), CAP_READ_MARKER, 0, NULL},
    {TEXT_INIT("draft/search"), MORE(MORE_SEARCH), 0, NULL},
    {TEXT_INIT("soju.im/search"), MORE(MORE_SOJU_SEARCH), 0, NULL},
    {TEXT_INIT("echo-message"), CAP_ECHO_MESSAGE, 0, NULL},
    {TEXT_INIT("extended-join"), CAP_EXTENDED_JOIN, 0, NULL},
    {TEXT_INIT("extended-monitor"), CAP_EXTENDED_MONITOR, 0, NULL},
    {TEXT_INIT("invite-notify"), CAP_INVITE_NOTIFY, 0, NULL},
    {TEXT_INIT("labeled-response"), CAP_LABELED_RESPONSE, CAP_BATCH, NULL},
    {TEXT_INIT("message-tags"), CAP_MESSAGE_TAGS, 0, NULL},
    {TEXT_INIT("multi-prefix"), CAP_MULTI_PREFIX, 0, NULL},
    {TEXT_INIT("no-implicit-names"), CAP_NO_IMPLICIT_NAMES, 0, NULL},
    {TEXT_INIT("draft/no-implicit-names"), CAP_NO_IMPLICIT_NAMES, 0, NULL},
    {TEXT_INIT("sasl"), CAP_SASL, 0, NULL},
    {TEXT_INIT("server-time"), CAP_SERVER_TIME, 0, NULL},
    {TEXT_INIT("setname"), CAP_SETNAME, 0, NULL},
    {TEXT_INIT("standard-replies"), CAP_STANDARD_REPLIES, 0, NULL},
    {TEXT_INIT("userhost-in-names"), CAP_USERHOST_IN_NAMES, 0, NULL},
};

enum { CAPS = sizeof caps / sizeof *caps, LINE_MAX = 400 };

static size_t find(struct text name)
{
    size_t i = 0;
    while (i < CAPS && !text_equal(caps[i].name, name)) {
        i++;
    }
    return i;
}

// What the server would refuse to everybody is not offered.
static bool is_offered(const struct session *session, size_t i)
{
    return caps[i].cap != CAP_ACCOUNT_REGISTRATION ||
           session_access(session)->registration != REGISTRATION_CLOSED;
}

static const char *registration_value(const struct session *session)
{
    const struct access *access = session_access(session);
    bool early =
        access->registration == REGISTRATION_OPEN && session_info(session)->password.len == 0;
    bool email = access->registration_email == REGISTRATION_EMAIL_REQUIRED;
    return early && email ? "before-connect,email-required"
           : early        ? "before-connect"
           : email        ? "email-required"
                          : NULL;
}

static const char *value_of(const struct session *session, size_t i)
{
    if (caps[i].cap == CAP_SASL) {
        return irc_sasl_mechanisms(session);
    }
    return caps[i].cap == CAP_ACCOUNT_REGISTRATION ? registration_value(session) : caps[i].value;
}

static void add_cap(struct buf *list, size_t i, const char *value)
{
    if (list->len) {
        buf_add_char(list, ' ');
    }
    buf_add(list, caps[i].name);
    if (value) {
        buf_printf(list, "=%s", value);
    }
}

// No capability to be requested, but what is asked of clients (IRCv3 sts): the port of those that
// are not secure yet, of the others how long they are to stay so.
static void add_sts(const struct session *session, struct buf *list)
{
    const struct sts *sts = &session_info(session)->sts;
    const char *blank = list->len ? " " : "";
    if (sts->port && session->peer.secure) {
        buf_printf(list, "%ssts=duration=%u", blank, sts->duration_s);
    } else if (sts->port) {
        buf_printf(list, "%ssts=port=%u", blank, sts->port);
    }
}

static uint64_t had_by(const struct session *session)
{
    return session->options | MORE(irc_of(session)->more);
}

// All that are offered, or those that the session has.
static void send_list(struct session *session, const char *verb, bool all)
{
    struct irc *irc = irc_of(session);
    bool values = irc->cap_version >= 302 && text_equal(text_of(verb), TEXT("LS"));
    struct buf list;
    buf_init(&list, 4096);
    for (size_t i = 0; i < CAPS; i++) {
        bool has = (had_by(session) & caps[i].cap) == caps[i].cap;
        if (all ? !is_offered(session, i) : !has) {
            continue;
        }
        if (list.len + caps[i].name.len > LINE_MAX && irc->cap_version >= 302) {
            irc_line(session, "CAP %s %s * :%.*s", irc_nick(session), verb,
                     TEXT_ARG(buf_text(&list)));
            buf_reset(&list);
        }
        add_cap(&list, i, values ? value_of(session, i) : NULL);
    }
    if (values) {
        add_sts(session, &list);
    }
    irc_line(session, "CAP %s %s :%.*s", irc_nick(session), verb, TEXT_ARG(buf_text(&list)));
    buf_finish(&list);
}

// Nobody's command has caused this line, so it stands outside any answer.
static void tell_change(struct session *session, const char *verb, const struct buf *list)
{
    struct buf line;
    buf_init(&line, 2 * LINE_MAX);
    buf_printf(&line, ":%.*s CAP %s %s :%.*s\r\n", TEXT_ARG(irc_server(session)), irc_nick(session),
               verb, TEXT_ARG(buf_text(list)));
    session_reply(session, buf_text(&line));
    buf_finish(&line);
}

// Clients of before CAP 302 know no values, and are told only of what is new.
static void tell_offers(struct session *session)
{
    struct irc *irc = irc_of(session);
    bool values = irc->cap_version >= 302;
    struct buf list;
    buf_init(&list, LINE_MAX);
    for (size_t i = 0; i < CAPS; i++) {
        bool registration = caps[i].cap == CAP_ACCOUNT_REGISTRATION && is_offered(session, i);
        if (registration && (values || !irc->registering)) {
            add_cap(&list, i, values ? value_of(session, i) : NULL);
            irc->registering = true;
        } else if (caps[i].cap == CAP_SASL && values) {
            add_cap(&list, i, value_of(session, i));
        }
    }
    if (values) {
        add_sts(session, &list);
    }
    if (list.len) {
        tell_change(session, "NEW", &list);
    }
    buf_finish(&list);
}

static void tell_withdrawn(struct session *session)
{
    struct irc *irc = irc_of(session);
    size_t i = find(TEXT("draft/account-registration"));
    if (!irc->registering || is_offered(session, i)) {
        return;
    }
    struct buf list;
    buf_init(&list, LINE_MAX);
    add_cap(&list, i, NULL);
    tell_change(session, "DEL", &list);
    buf_finish(&list);
    irc->registering = false;
    session->options &= ~(uint32_t)CAP_ACCOUNT_REGISTRATION;
}

void irc_caps_changed(struct session *session)
{
    if (irc_has(session, CAP_CAP_NOTIFY)) {
        tell_withdrawn(session);
        tell_offers(session);
    }
}

static void begin_negotiation(struct session *session)
{
    if (!session->user) {
        irc_of(session)->negotiating = true;
    }
}

static void cap_ls(struct session *session, const struct irc_message *message)
{
    struct irc *irc = irc_of(session);
    uint64_t version;
    if (message->param_count > 1 && text_number(message->param[1], 9999, &version) &&
        version > irc->cap_version) {
        irc->cap_version = (uint16_t)version;
    }
    if (irc->cap_version >= 302) {
        session->options |= CAP_CAP_NOTIFY;
    }
    begin_negotiation(session);
    irc->registering = session_access(session)->registration != REGISTRATION_CLOSED;
    send_list(session, "LS", true);
}

static void cap_list(struct session *session, const struct irc_message *message)
{
    (void)message;
    send_list(session, "LIST", false);
}

// All or nothing: false if one is unknown, not offered or cannot be taken off.
static bool apply(const struct session *session, struct text list, uint64_t *result)
{
    uint32_t version = irc_of(session)->cap_version;
    while (list.len) {
        struct text name = text_word(&list);
        bool off = text_starts(name, TEXT("-"));
        size_t i = find(off ? text_skip(name, 1) : name);
        if (name.len == 0) {
            break;
        }
        if (i == CAPS || (!off && !is_offered(session, i)) ||
            (off && caps[i].cap == CAP_CAP_NOTIFY && version >= 302)) {
            return false;
        }
        *result = off ? *result & ~caps[i].cap : *result | caps[i].cap;
    }
    for (size_t i = 0; i < CAPS; i++) {
        if ((*result & caps[i].cap) &&
            (*result & (uint64_t)caps[i].needs) != (uint64_t)caps[i].needs) {
            return false;
        }
    }
    return true;
}

static void cap_req(struct session *session, const struct irc_message *message)
{
    struct irc *irc = irc_of(session);
    struct text list = message->param_count > 1 ? message->param[1] : TEXT("");
    uint64_t result = had_by(session);
    begin_negotiation(session);
    if (!apply(session, list, &result)) {
        irc_line(session, "CAP %s NAK :%.*s", irc_nick(session), TEXT_ARG(list));
        return;
    }
    irc_line(session, "CAP %s ACK :%.*s", irc_nick(session), TEXT_ARG(list));
    session->options = (uint32_t)result;
    irc->more = (uint32_t)(result >> 32);
    irc->registering = irc->registering || irc_has(session, CAP_ACCOUNT_REGISTRATION);
    session_refresh(session);
}

static void cap_end(struct session *session, const struct irc_message *message)
{
    (void)message;
    irc_of(session)->negotiating = false;
    irc_try_register(session);
}

static const struct {
    struct text verb;
    void (*run)(struct session *, const struct irc_message *);
} verbs[] = {
    {TEXT_INIT("LS"), cap_ls},
    {TEXT_INIT("LIST"), cap_list},
    {TEXT_INIT("REQ"), cap_req},
    {TEXT_INIT("END"), cap_end},
};

void irc_command_cap(struct session *session, const struct irc_message *message)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (text_equal_nocase(verbs[i].verb, message->param[0])) {
            verbs[i].run(session, message);
            return;
        }
    }
    irc_numeric(session, 410, "%.*s :There is no such CAP command",
                TEXT_ARG(irc_shown(message->param[0])));
}
