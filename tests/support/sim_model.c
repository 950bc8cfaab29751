#include "base/must.h"
#include "support/sim_state.h"

static struct sim_model *from(struct store *store)
{
    return (struct sim_model *)store;
}

static void enqueue(struct sim_model *model, uint32_t number)
{
    if (model->queued_count == model->queued_size) {
        model->queued_size = model->queued_size ? model->queued_size * 2 : 1024;
        model->queued = mem_grow(model->queued, model->queued_size * sizeof(uint32_t));
    }
    model->queued[model->queued_count++] = number;
}

void sim_person_is(const struct sim_model *model, struct sim_person *person, uint64_t identity)
{
    sim_demand(model, !person->identity || person->identity == identity,
               "a private message reaches a third person, or an identity changes", TEXT(""));
    person->identity = identity;
}

static void front_submit(struct store *store, const struct message *message, uint64_t cookie)
{
    struct sim_model *model = from(store);
    long number = sim_message_in(message->text);
    sim_demand(model, number >= 0 && (size_t)number < model->count, "a message that nobody sent",
               message->text);
    struct sim_message *m = &model->messages[number];
    sim_demand(model, m->state == UNSENT, "a message is submitted twice", message->text);
    m->state = AT_STORE;
    m->kind = (uint8_t)message->kind;
    m->name = sim_name_hash(message->sender_name);
    m->room = message->place_shown.len ? (uint8_t)sim_room_number(message->place) : PRIVATE;
    m->recipient = message->recipient.number;
    if (m->sender->serial == m->serial) {
        m->sender->in_flight++;
        sim_person_is(model, m->sender, message->sender.number);
    }
    enqueue(model, (uint32_t)number);
    store_submit(model->behind, message, cookie);
}

static void front_query(struct store *store, const struct store_query *query, uint64_t cookie)
{
    store_query(from(store)->behind, query, cookie);
}

static void keep(struct sim_model *model, struct sim_message *m, uint32_t number, uint64_t seq)
{
    m->state = KEPT;
    m->seq = seq;
    model->kept++;
    if (m->room == PRIVATE) {
        return;
    }
    struct sim_room *room = &model->rooms[m->room];
    sim_demand(model, seq == room->count + 1, "a room's numbers have a hole", TEXT(""));
    if (room->count == room->size) {
        room->size = room->size ? room->size * 2 : 256;
        room->messages = mem_grow(room->messages, room->size * sizeof(uint32_t));
    }
    room->messages[room->count++] = number;
}

static void written(struct sim_model *model, const struct store_answer *answer)
{
    uint32_t number = model->queued[model->queued_first++];
    if (model->queued_first == model->queued_count) {
        model->queued_first = model->queued_count = 0;
    }
    struct sim_message *m = &model->messages[number];
    bool here = m->sender->serial == m->serial;
    bool hears = here && m->sender->conn;
    m->kept_at = model->now;
    m->sender->in_flight -= here;
    if (answer->error) {
        m->state = FAILED;
        model->failed++;
        m->sender->failures_due += hears;
    } else {
        keep(model, m, number, answer->seq);
        m->sender->answers_due += hears && m->room == PRIVATE;
    }
}

static void front_answered(void *context, const struct store_answer *answer)
{
    struct sim_model *model = context;
    model->now++;
    if (answer->kind == STORE_WRITTEN) {
        written(model, answer);
    }
    model->answered(model->answered_context, answer);
}

static void front_set(struct store *store, const struct record *record, uint64_t cookie)
{
    store_set(from(store)->behind, record, cookie);
}

static void front_each_record(struct store *store, void (*record)(void *, const struct record *),
                              void *context)
{
    store_each_record(from(store)->behind, record, context);
}

static size_t front_collect(struct store *store,
                            void (*answered)(void *, const struct store_answer *), void *context)
{
    struct sim_model *model = from(store);
    model->answered = answered;
    model->answered_context = context;
    return store_collect(model->behind, front_answered, model);
}

static void front_each_room(struct store *store, void (*room)(void *, const struct store_room *),
                            void *context)
{
    store_each_room(from(store)->behind, room, context);
}

static uint32_t front_epoch(struct store *store)
{
    return store_epoch(from(store)->behind);
}

static void front_destroy(struct store *store)
{
    (void)store;
}

static const struct store_ops front_ops = {
    .submit = front_submit,
    .set = front_set,
    .query = front_query,
    .collect = front_collect,
    .each_room = front_each_room,
    .each_record = front_each_record,
    .epoch = front_epoch,
    .destroy = front_destroy,
};

struct sim_model *
sim_model_create(void (*broken)(void *context, const char *what, struct text line), void *context)
{
    struct sim_model *model = mem_alloc(sizeof *model);
    model->front.ops = &front_ops;
    model->broken = broken;
    model->context = context;
    model->hash = 14695981039346656037u;
    return model;
}

void sim_model_destroy(struct sim_model *model)
{
    for (int i = 0; model && i < SIM_ROOMS; i++) {
        free(model->rooms[i].messages);
    }
    if (model) {
        free(model->messages);
        free(model->queued);
        free(model);
    }
}

struct store *sim_model_store(struct sim_model *model, struct store *store)
{
    model->behind = store;
    return &model->front;
}

uint64_t sim_model_now(const struct sim_model *model)
{
    return model->now;
}

uint64_t sim_model_hash(const struct sim_model *model)
{
    return model->hash;
}

uint64_t sim_model_lines(const struct sim_model *model)
{
    return model->lines;
}

uint64_t sim_model_kept(const struct sim_model *model)
{
    return model->kept;
}

uint64_t sim_model_failed(const struct sim_model *model)
{
    return model->failed;
}

uint64_t sim_model_gaps(const struct sim_model *model)
{
    return model->gaps;
}

void sim_model_read_failed(struct sim_model *model)
{
    model->reads_fail = true;
}

void sim_model_restarted(struct sim_model *model)
{
    sim_demand(model, model->queued_first == model->queued_count, "messages wait after a stop",
               TEXT(""));
    model->reads_fail = false;
}

uint32_t sim_model_message(struct sim_model *model, const struct sim_person *person)
{
    if (model->count == model->size) {
        model->size = model->size ? model->size * 2 : 1024;
        model->messages = mem_grow(model->messages, model->size * sizeof *model->messages);
    }
    model->messages[model->count] = (struct sim_message){
        .sender = (struct sim_person *)person, .serial = person->serial, .room = PRIVATE};
    return (uint32_t)model->count++;
}

void sim_person_begin(struct sim_model *model, struct sim_person *person, bool relay,
                      uint32_t relay_room)
{
    uint16_t port = person->port;
    *person = (struct sim_person){.serial = ++model->last_serial,
                                  .port = port,
                                  .relay = relay,
                                  .named = relay,
                                  .block_room = SIM_BLOCK_NONE};
    if (relay) {
        person->places[relay_room].in = person->places[relay_room].loose = true;
        person->room_count = 1;
    }
}
