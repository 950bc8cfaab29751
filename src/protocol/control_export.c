#include "protocol/control_export.h"

#include "base/must.h"
#include "base/utf8.h"
#include "chat/account_key.h"
#include "chat/reading.h"
#include "chat/roles.h"
#include "chat/session.h"
#include "protocol/control_account.h"

enum { AUDIT_STANDARD = 50 };

// What is left to do of an export, and of whose.
struct exporting {
    uint64_t account; // its messages follow what is listed; 0: they do not
    bool audit;       // pages are of the audit log
    int error;        // -errno: a page could not be read
};

static struct exporting *exporting_of(struct session *session)
{
    return session->own;
}

void control_export_init(struct session *session)
{
    session->own = mem_alloc(sizeof(struct exporting));
}

void control_export_finish(struct session *session)
{
    free(session->own);
    session->own = NULL;
}

static json_t *key_row(const struct account_key *key)
{
    bool token = key_kind(key) == KEY_TOKEN;
    json_t *device = json_pack("{sssosIsI}", "kind", token ? "token" : "certificate", "digest",
                               control_text(key_digest(key)), "added_ms", (json_int_t)key->added_ms,
                               "used_ms", (json_int_t)key->used_ms);
    return json_pack("{so}", "device", device);
}

static void add_keys(const struct account *account, struct buf *out)
{
    static const enum key_kind kinds[] = {KEY_CERTIFICATE, KEY_TOKEN};
    for (size_t i = 0; i < 2; i++) {
        const struct account_key *key = NULL;
        while ((key = key_next(account, kinds[i], key))) {
            control_row_add(key_row(key), out);
        }
    }
}

static json_t *ranks_of(uint8_t ranks)
{
    static const struct {
        uint8_t rank;
        const char *word;
    } words[] = {{RANK_FOUNDER, "founder"},
                 {RANK_ADMIN, "admin"},
                 {RANK_OPERATOR, "operator"},
                 {RANK_HALF_OPERATOR, "half-operator"},
                 {RANK_VOICE, "voice"}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (ranks & words[i].rank) {
            json_array_append_new(list, json_string(words[i].word));
        }
    }
    return list;
}

// `stand` is where the list stands in this part of it, as a text; false when the part is over.
static bool add_rooms(struct session *session, const struct account *account, struct buf *stand,
                      struct buf *out)
{
    enum { LOOKED_AT_MAX = 5000 };
    struct room *room = session_resume_rooms(session, buf_text(stand));
    for (int i = 0; room && i < LOOKED_AT_MAX && out->len < CONTROL_PART_BYTES; i++) {
        uint8_t ranks = room->rules ? rules_ranks(room->rules, account->number) : 0;
        if (ranks) {
            control_row_add(json_pack("{s{soso}}", "room", "name", control_text(room->shown),
                                      "ranks", ranks_of(ranks)),
                            out);
        }
        room = session_next_room(session, room);
    }
    room_stand(room, stand);
    return room != NULL;
}

static bool add_notes(const struct notes *notes, const char *kind, struct buf *stand,
                      struct buf *out)
{
    uint64_t at = 0;
    text_number(buf_text(stand), UINT64_MAX, &at);
    const struct note *note = notes->by_key;
    for (uint64_t i = 0; note && i < at; i++) {
        note = note->hh.next;
    }
    for (; note && out->len < CONTROL_PART_BYTES; note = note->hh.next, at++) {
        control_row_add(json_pack("{s{sssoso}}", "note", "kind", kind, "key",
                                  control_text(note->key), "value", control_text(note->value)),
                        out);
    }
    buf_reset(stand);
    if (note) {
        buf_printf(stand, "%llu", (unsigned long long)at);
    }
    return note != NULL;
}

static bool add_stage(struct session *session, const struct account *account, unsigned stage,
                      struct buf *stand, struct buf *out)
{
    if (stage == 0) {
        control_row_add(json_pack("{so}", "account", control_account_row(account)), out);
        add_keys(account, out);
        return false;
    }
    if (stage == 1) {
        return add_rooms(session, account, stand, out);
    }
    enum notes_kind kind = (enum notes_kind)(stage - 2);
    return add_notes(&account->notes[kind], notes_word(kind), stand, out);
}

// `from` is the stage, one digit, and where the list stands in it.
static bool export_part(struct session *session, struct text name, struct buf *from,
                        struct buf *out)
{
    const struct account *account = account_find(session_accounts(session), name);
    unsigned stage = from->len ? (unsigned)(*from->at - '0') : 0;
    struct buf stand;
    buf_init(&stand, NAME_KEY_MAX);
    buf_add(&stand, text_skip(buf_text(from), 1));
    bool more = account && add_stage(session, account, stage, &stand, out);
    stage += !more;
    buf_reset(from);
    buf_printf(from, "%u%.*s", stage, TEXT_ARG(buf_text(&stand)));
    buf_finish(&stand);
    return account && stage < 2 + NOTES_KINDS;
}

void control_run_account_export(struct session *session, const json_t *request)
{
    struct text name = control_parameter(request, "user");
    const struct account *account = account_find(session_accounts(session), name);
    if (!account) {
        control_fail(session, "There is no account called \"%.*s\".",
                     TEXT_ARG(utf8_cut(name, NAME_BYTES_MAX)));
        return;
    }
    session_note(session, "has had all written down that belongs to the account %.*s",
                 TEXT_ARG(account->name));
    *exporting_of(session) = (struct exporting){.account = account->number};
    session_list(session, export_part, account->name);
}

bool control_export_goes_on(struct session *session)
{
    struct exporting *exporting = exporting_of(session);
    struct identity who = {.number = exporting->account, .account = true};
    exporting->account = 0;
    if (exporting->error) {
        control_fail(session, "The store cannot be read: %s.", strerror(-exporting->error));
        return true;
    }
    if (who.number) {
        session_read_everything(session, who);
    }
    return who.number;
}

void control_run_audit(struct session *session, const json_t *request)
{
    json_int_t count = json_integer_value(json_object_get(request, "count"));
    count = count ? count : AUDIT_STANDARD;
    if (count < 1 || count > READING_MAX) {
        control_fail(session, "Give a number from 1 to %d as \"count\".", READING_MAX);
        return;
    }
    *exporting_of(session) = (struct exporting){.audit = true};
    session_read_audit(session, (uint32_t)count);
}

static json_t *audit_row(const struct message *message)
{
    return json_pack("{sIsoso}", "time_ms", (json_int_t)message->time_ms, "by",
                     control_text(message->sender_name), "did", control_text(message->text));
}

static json_t *message_row(const struct message *message)
{
    static const char *const kinds[] = {
        [MESSAGE_SAY] = "message", [MESSAGE_ACTION] = "action",   [MESSAGE_NOTICE] = "notice",
        [MESSAGE_TOPIC] = "topic", [MESSAGE_DELETED] = "deleted", [MESSAGE_TAGS] = "tags",
    };
    bool in_room = message->place_shown.len > 0;
    json_t *row =
        json_pack("{sIsIsssoso}", "id", (json_int_t)message->id, "time_ms",
                  (json_int_t)message->time_ms, "kind", kinds[message->kind], "from",
                  control_text(message->sender_name), "text", control_text(message->text));
    json_object_set_new(row, in_room ? "room" : "to",
                        control_text(in_room ? message->place_shown : message->recipient_name));
    if (message->tags.len) {
        json_object_set_new(row, "tags", control_text(message->tags));
    }
    return json_pack("{so}", "message", row);
}

void control_page(struct session *session, const struct page *page)
{
    bool audit = exporting_of(session)->audit;
    exporting_of(session)->error = page->error;
    for (size_t i = 0; i < page->count; i++) {
        const struct message *message = &page->messages[i];
        control_send(session, audit ? audit_row(message) : message_row(message));
    }
}
