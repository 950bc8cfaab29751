// The power fails at a random point of the store's work: of each file stays what was synced,
// and some of what was not. Every message and every record that was acknowledged must still be
// there.
#include "store/store_sqlite.h"
#include "support/fault_vfs.h"
#include "support/store_cases.h"
#include "support/store_sqlite_kind.h"
#include "support/test.h"

enum { MESSAGES = 600, ROOMS = 5, RECORDS = 20 };

static uint64_t acknowledged[MESSAGES]; // the number in its room, or 0
// Of each record, the message behind which its last value was set that is kept, and how many the
// last asked for was behind: what is there lies between these.
static size_t record_kept[RECORDS];
static size_t record_asked[RECORDS];
static size_t answered;

static void note(void *context, const struct store_answer *answer)
{
    (void)context;
    if (answer->kind == STORE_RECORDED) {
        size_t i = answer->cookie;
        record_kept[i % RECORDS] = answer->error ? record_kept[i % RECORDS] : i;
    } else {
        acknowledged[answer->cookie] = answer->error ? 0 : answer->seq;
        answered++;
    }
}

// The record's value is the number of the message that it was set behind.
static void set_record(struct store *s, size_t behind)
{
    char key[16];
    char value[16];
    snprintf(key, sizeof key, "%zu", behind % RECORDS);
    snprintf(value, sizeof value, "%zu", behind);
    struct record record = {TEXT("account"), text_of(key), text_of(value)};
    record_asked[behind % RECORDS] = behind;
    store_set(s, &record, behind);
}

static size_t records_there[RECORDS];

static void take_record(void *context, const struct record *record)
{
    (void)context;
    uint64_t key = 0;
    uint64_t value = 0;
    check(text_number(record->key, RECORDS - 1, &key));
    check(text_number(record->value, MESSAGES, &value));
    records_there[key] = (size_t)value;
}

// How many records are older than what was acknowledged, or are none that was asked for.
static size_t count_records_lost(struct store *s)
{
    size_t lost = 0;
    memset(records_there, 0, sizeof records_there);
    store_each_record(s, take_record, NULL);
    for (size_t i = 0; i < RECORDS; i++) {
        lost += records_there[i] < record_kept[i] || records_there[i] > record_asked[i];
    }
    return lost;
}

static const char *room(size_t i)
{
    static char name[8];
    snprintf(name, sizeof name, "#r%zu", i % ROOMS);
    return name;
}

static const char *text(size_t i)
{
    static char said[1200];
    int len = snprintf(said, sizeof said, "message%zu", i);
    for (size_t at = (size_t)len; at < sizeof said - 1; at++) {
        said[at] = at % 7 ? 'y' : ' ';
    }
    said[len] = ' ';
    said[(size_t)len + i * 37 % 1000] = '\0';
    return said;
}

// Submits in bursts, so that batches of all sizes come about.
static void work_until_the_cut(struct store *s)
{
    size_t submitted = 0;
    answered = 0;
    while (submitted < MESSAGES) {
        for (size_t burst = test_random(20) + 1; burst && submitted < MESSAGES; burst--) {
            struct message message = store_message_in(room(submitted), text(submitted));
            store_submit(s, &message, submitted++);
            set_record(s, submitted);
        }
        while (answered < submitted) {
            store_sqlite_wait(s);
            store_collect(s, note, NULL);
        }
    }
}

static struct {
    size_t message;
    bool answered;
    bool there;
} looking_for;

static void look(void *context, const struct store_answer *answer)
{
    (void)context;
    const struct message *m = answer->messages;
    looking_for.answered = true;
    looking_for.there = answer->error == 0 && answer->message_count == 1 &&
                        m->seq == acknowledged[looking_for.message] &&
                        text_equal(m->text, text_of(text(looking_for.message)));
}

static bool is_there(struct store *s, size_t i)
{
    struct store_query query = {.place = text_of(room(i)),
                                .from = {STORE_SEQ, acknowledged[i] + 1, 0},
                                .to = {.kind = STORE_START},
                                .limit = 1};
    looking_for.message = i;
    looking_for.answered = false;
    store_query(s, &query, 0);
    while (!looking_for.answered) {
        store_sqlite_wait(s);
        store_collect(s, look, NULL);
    }
    return looking_for.there;
}

static size_t count_acknowledged(void)
{
    size_t count = 0;
    for (size_t i = 0; i < MESSAGES; i++) {
        count += acknowledged[i] > 0;
    }
    return count;
}

static size_t count_lost(void)
{
    size_t lost = 0;
    struct store_sqlite_error error;
    struct store *s = store_sqlite_try_here(fault_vfs_name, &error);
    if (!s) {
        printf("# %s\n", error.sentence);
        return count_acknowledged();
    }
    lost = count_records_lost(s);
    for (size_t i = 0; i < MESSAGES; i++) {
        lost += acknowledged[i] && !is_there(s, i);
    }
    store_destroy(s);
    return lost;
}

// Returns how many acknowledged messages are gone.
static size_t cut_power_at(uint64_t call, bool unsynced)
{
    memset(acknowledged, 0, sizeof acknowledged);
    memset(record_kept, 0, sizeof record_kept);
    memset(record_asked, 0, sizeof record_asked);
    store_sqlite_new_folder();
    fault_vfs_reset();
    store_destroy(
        store_sqlite_open_here(fault_vfs_name, false)); // so that there is a file to damage
    fault_vfs_reset();
    fault_vfs_record();
    struct store *s = store_sqlite_open_here(fault_vfs_name, unsynced);
    fault_vfs_cut_power_at(call);
    work_until_the_cut(s);
    store_destroy(s);
    fault_vfs_restore();
    fault_vfs_reset();
    return count_lost();
}

static void f02_a_power_cut_loses_nothing_acknowledged(void)
{
    for (int i = 0; i < 30; i++) {
        check_number(cut_power_at(test_random(12000) + 1, false), 0);
        struct store *s = store_sqlite_open_here(fault_vfs_name, false);
        store_say(&store_sqlite_kind, s, "#afterwards", "it goes on");
        store_sqlite_await_index(s);
        store_destroy(s);
        check_text(text_of(store_sqlite_integrity()), "ok");
    }
}

// Shows that the test above would see a loss.
static void f02_without_syncing_a_power_cut_loses_messages(void)
{
    size_t lost = 0;
    for (int i = 0; i < 10; i++) {
        lost += cut_power_at(test_random(6000) + 1000, true);
    }
    check(lost > 0);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(f02_a_power_cut_loses_nothing_acknowledged);
    TEST(f02_without_syncing_a_power_cut_loses_messages);
    store_sqlite_remove_folder();
    return test_end();
}
