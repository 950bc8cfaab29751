#include "support/sim_state.h"

static bool starts(struct text t, const char *head)
{
    return text_starts(t, text_of(head));
}

// What people read.

// How many messages the room showed up to a moment of the model's time.
static uint64_t shown_by(const struct sim_model *model, int room, uint64_t time)
{
    const struct sim_room *r = &model->rooms[room];
    size_t low = 0;
    size_t high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (model->messages[r->messages[middle]].kept_at <= time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool has_ignored(const struct sim_person *person, uint32_t name)
{
    for (uint32_t i = 0; i < person->ignored_count && i < SIM_IGNORED_MAX; i++) {
        if (person->ignored[i].name == name) {
            return true;
        }
    }
    return person->ignored_count > SIM_IGNORED_MAX;
}

// What was kept after somebody said that they do not want to hear this name.
static bool is_ignored(const struct sim_person *person, const struct sim_message *m)
{
    for (uint32_t i = 0; i < person->ignored_count && i < SIM_IGNORED_MAX; i++) {
        const struct sim_ignored *ignored = &person->ignored[i];
        if (ignored->name == m->name && ignored->now && m->kept_at > ignored->since) {
            return true;
        }
    }
    return false;
}

// Messages that must reach a member of their room.
static bool is_due(const struct sim_person *person, const struct sim_message *m)
{
    bool topic = m->kind == MESSAGE_TOPIC;
    bool own = m->serial == person->serial && !topic;
    return !own && !(person->relay && topic) && !has_ignored(person, m->name);
}

static uint64_t due_between(const struct sim_model *model, const struct sim_person *person,
                            int room, uint64_t from, uint64_t to)
{
    uint64_t due = 0;
    for (uint64_t seq = from + 1; seq <= to; seq++) {
        due += is_due(person, &model->messages[model->rooms[room].messages[seq - 1]]);
    }
    return due;
}

static void reads_message(struct sim_model *model, struct sim_person *person,
                          const struct sim_message *m, struct text line)
{
    sim_demand(model, m->state == KEPT, "a message is shown that is not kept", line);
    sim_demand(model, m->room != PRIVATE, "a room shows a private message", line);
    struct sim_place *place = &person->places[m->room];
    sim_demand(model, place->in, "a message reaches somebody who is not in the room", line);
    sim_demand(model, !is_ignored(person, m), "somebody reads whom they ignore", line);
    sim_demand(model, m->serial != person->serial || m->kind == MESSAGE_TOPIC,
               "somebody reads their own message", line);
    if (place->loose) {
        place->loose = false;
        place->seen = m->seq - 1;
    }
    sim_demand(model, m->seq > place->seen, "a message comes twice, or late", line);
    place->debt += due_between(model, person, m->room, place->seen, m->seq - 1);
    sim_demand(model, place->debt == 0 || person->was_slow, "a message was left out", line);
    place->seen = m->seq;
}

static void reads_private(struct sim_model *model, struct sim_person *person, struct sim_message *m,
                          struct text line)
{
    sim_demand(model, m->state == KEPT, "a private message is shown that is not kept", line);
    if (m->serial != person->serial) {
        sim_person_is(model, person, m->recipient);
    }
    if (person->block_room != SIM_BLOCK_PRIVATE && sim_find(line, "] [PM from ") == 9) {
        sim_demand(model, !is_ignored(person, m), "somebody reads whom they ignore", line);
        sim_demand(model, m->read_privately++ == 0, "a private message comes twice", line);
    }
}

static void reads_past(struct sim_model *model, struct sim_person *person,
                       const struct sim_message *m, struct text line)
{
    sim_demand(model, m->state == KEPT, "history shows a message that is not kept", line);
    if (person->block_room < 0) {
        return; // a topic in an answer
    }
    sim_demand(model, m->room == person->block_room, "history shows another room's message", line);
    bool next = person->block_is_search || !person->block_seq ? m->seq > person->block_seq
                                                              : m->seq == person->block_seq + 1;
    sim_demand(model, next, "history is out of order, or has a hole", line);
    person->block_seq = m->seq;
    person->block_lines++;
}

// "… #room …" after `words`; -1 if the line does not begin so.
static int room_after(struct text line, const char *words)
{
    if (!starts(line, words)) {
        return -1;
    }
    struct text rest = text_skip(line, strlen(words));
    size_t end = 0;
    while (end < rest.len && !strchr(" .", rest.at[end])) {
        end++;
    }
    return sim_room_number(text_head(rest, end));
}

static void enters(struct sim_model *model, struct sim_person *person, int room, uint64_t time)
{
    struct sim_place *place = &person->places[room];
    if (!place->in) {
        *place = (struct sim_place){.in = true, .seen = shown_by(model, room, time)};
        person->room_count++;
    }
}

static void leaves(struct sim_person *person, int room)
{
    person->room_count -= person->places[room].in;
    person->places[room].in = false;
}

static void missed(struct sim_model *model, struct sim_person *person, const struct fake_line *line)
{
    struct text rest = text_skip(line->text, (size_t)sim_find(line->text, "missed ") + 7);
    uint64_t lines = 0;
    int room = -1;
    sim_demand(model, text_number(text_word(&rest), UINT64_MAX, &lines), "a gap without a number",
               line->text);
    for (int i = 0; i < SIM_ROOMS && person->relay; i++) {
        room = person->places[i].in ? i : room;
    }
    room = person->relay ? room : room_after(rest, "lines in ");
    sim_demand(model, room >= 0 && person->places[room].in, "a gap in a strange room", line->text);
    struct sim_place *place = &person->places[room];
    uint64_t shown = shown_by(model, room, line->time);
    if (!place->loose) {
        sim_demand(model,
                   place->debt + due_between(model, person, room, place->seen, shown) <= lines,
                   "more was missed than is told", line->text);
        place->debt = 0;
        place->seen = shown > place->seen ? shown : place->seen;
    }
    model->gaps++;
}

static void begins_block(struct sim_person *person, struct text line)
{
    int earlier = room_after(line, "--- Earlier in ");
    int found = room_after(line, "--- Found in ");
    if (earlier >= 0 || found >= 0) {
        person->block_room = earlier >= 0 ? earlier : found;
    } else if (starts(line, "--- Between you and ")) {
        person->block_room = SIM_BLOCK_PRIVATE;
    } else {
        return;
    }
    person->block_is_search = found >= 0;
    person->block_seq = 0;
    person->block_lines = 0;
}

static void ends_block(struct sim_model *model, struct sim_person *person,
                       const struct fake_line *line)
{
    if (starts(line->text, "--- Now ---") && person->block_room >= 0) {
        uint64_t shown = shown_by(model, person->block_room, line->time);
        sim_demand(model, person->block_seq == shown,
                   "what is shown on joining does not end where the rest begins", line->text);
        uint64_t due =
            shown < limits_default.history_on_join ? shown : limits_default.history_on_join;
        sim_demand(model, person->block_lines == due || model->reads_fail,
                   "what is shown on joining is not all", line->text);
    }
    person->block_room = SIM_BLOCK_NONE;
}

// `rest` begins with the name.
static void ignores(struct sim_person *person, struct text rest, bool now, uint64_t time)
{
    uint32_t name = sim_name_hash(text_word(&rest));
    uint32_t i = 0;
    while (i < person->ignored_count && i < SIM_IGNORED_MAX && person->ignored[i].name != name) {
        i++;
    }
    if (i < SIM_IGNORED_MAX) {
        person->ignored[i] = (struct sim_ignored){.name = name, .now = now, .since = time};
    }
    person->ignored_count += i == person->ignored_count;
}

static void reads_system(struct sim_model *model, struct sim_person *person,
                         const struct fake_line *line)
{
    struct text text = line->text;
    int room;
    if (text.len && text.at[text.len - 1] == ':') {
        person->asked = false; // Choose another:
    } else if (starts(text, "[SYSTEM] What was said cannot be read")) {
        person->block_room = SIM_BLOCK_NONE; // the pages end here
    } else if (sim_find(text, "could not be kept") >= 0) {
        sim_demand(model, ++person->failures_told <= person->failures_due,
                   "a failure is told that was none", text);
    } else if (sim_find(text, " has left before your message arrived.") >= 0) {
        person->answers_told++;
    } else if ((room = room_after(text, "[SYSTEM] You are in ")) >= 0) {
        enters(model, person, room, line->time);
    } else if ((room = room_after(text, "[SYSTEM] You have left ")) >= 0) {
        leaves(person, room);
    } else if (starts(text, "[SYSTEM] You did not read")) {
        missed(model, person, line);
    } else if (starts(text, "[SYSTEM] You will not see what ")) {
        ignores(person, text_skip(text, strlen("[SYSTEM] You will not see what ")), true,
                line->time);
    } else if (starts(text, "[SYSTEM] You see what ")) {
        ignores(person, text_skip(text, strlen("[SYSTEM] You see what ")), false, line->time);
    }
}

static void reads_reply(struct sim_model *model, struct sim_person *person,
                        const struct fake_line *line, long number)
{
    struct text text = line->text;
    if (number >= 0) {
        struct sim_message *m = &model->messages[number];
        person->answers_told += m->room == PRIVATE && m->serial == person->serial &&
                                person->block_room != SIM_BLOCK_PRIVATE &&
                                sim_find(text, "] [PM to ") == 9;
        if (m->room == PRIVATE) {
            reads_private(model, person, m, text);
        } else {
            reads_past(model, person, m, text);
        }
    }
    if (starts(text, "[SYSTEM] ")) {
        reads_system(model, person, line);
    } else if (starts(text, "Welcome to ") && text_find(text, ',') < text.len && !person->named) {
        person->named = true;
        enters(model, person, 0, line->time);
    } else if (starts(text, "--- That is all") || starts(text, "--- There are older") ||
               starts(text, "--- Now ---")) {
        ends_block(model, person, line);
    } else if (starts(text, "--- ")) {
        begins_block(person, text);
    }
}

static void look_at(struct sim_model *model, const struct fake_line *line)
{
    if (line->shared && line->number == model->line_number) {
        return;
    }
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < line->text.len; i++) {
        hash = (hash ^ (uint8_t)line->text.at[i]) * 1099511628211u;
    }
    model->line_number = line->number;
    model->line_hash = hash;
    model->line_message = sim_message_in(line->text);
}

void sim_model_reads(struct sim_model *model, struct sim_person *person,
                     const struct fake_line *line)
{
    look_at(model, line);
    model->lines++;
    model->hash = (model->hash ^ (model->line_hash + person->serial)) * 1099511628211u;
    long number = model->line_message;
    sim_demand(model, number < (long)model->count, "a message that nobody sent", line->text);
    if (!line->shared) {
        reads_reply(model, person, line, number);
    } else if (number >= 0) {
        reads_message(model, person, &model->messages[number], line->text);
    }
}

void sim_model_settled(struct sim_model *model, const struct sim_person *person)
{
    for (int i = 0; i < SIM_ROOMS; i++) {
        const struct sim_place *place = &person->places[i];
        if (place->in && !place->loose) {
            sim_demand(model,
                       due_between(model, person, i, place->seen, model->rooms[i].count) == 0,
                       "a message never came", TEXT(""));
            sim_demand(model, place->debt == 0, "a gap was not told", TEXT(""));
        }
    }
    sim_demand(model, person->failures_told == person->failures_due, "a failure was not told",
               TEXT(""));
    sim_demand(model, person->answers_told == person->answers_due,
               "a private message was not answered", TEXT(""));
    sim_demand(model, person->in_flight == 0, "a message was neither kept nor refused", TEXT(""));
}
