#include "chat/core.h"
#include "support/talk_script.h"

#include <errno.h>

// Reads the welcome and the list of names.
static void joins(const struct script *s, struct text name)
{
    static const struct text ruler =
        TEXT_INIT("==================================================");
    struct talk_person *person = script_connect(s, name, TALK_PLAIN);
    script_send(s, person, name, false);
    for (int rulers = 0; rulers < 4; rulers++) {
        person->skipping = true;
        script_expect(s, person, ruler);
    }
}

struct act {
    const char *words; // '#' stands for a number
    void (*run)(const struct script *, struct text name, uint64_t number);
};

static void act_connect(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    script_connect(s, name, TALK_PLAIN);
}

static void need_in_process(const struct script *s, bool able);

static void connect_with_certificate(const struct script *s, struct text name, uint64_t number,
                                     enum talk_kind kind)
{
    need_in_process(s, true);
    script_connect_with(s, name, kind, (unsigned)number);
}

static void act_connect_certificate(const struct script *s, struct text name, uint64_t number)
{
    connect_with_certificate(s, name, number, TALK_PLAIN);
}

static void act_connect_irc_certificate(const struct script *s, struct text name, uint64_t number)
{
    connect_with_certificate(s, name, number, TALK_IRC);
}

static void connect_from(const struct script *s, struct text name, enum talk_kind kind,
                         enum talk_from from)
{
    need_in_process(s, true);
    script_connect_from(s, name, kind, from);
}

static void act_connect_afar(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    connect_from(s, name, TALK_PLAIN, TALK_FROM_AFAR);
}

static void act_connect_afar_tls(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    connect_from(s, name, TALK_PLAIN, TALK_FROM_AFAR_TLS);
}

static void act_connect_irc_afar(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    connect_from(s, name, TALK_IRC, TALK_FROM_AFAR);
}

static void act_connect_afar_plain(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    connect_from(s, name, TALK_PLAIN, TALK_FROM_AFAR_NO_TLS);
}

static void act_connect_relay(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    script_connect(s, name, TALK_RELAY);
}

static void act_connect_control(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    script_connect(s, name, TALK_CONTROL);
}

static void act_join(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    joins(s, name);
}

static void act_hear_nothing(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    script_hears_nothing(s, script_person(s, name));
}

static void act_disconnected(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    script_is_disconnected(s, script_person(s, name));
}

static void act_stop_sending(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    s->world->ops->stop_sending(s->world, script_person(s, name));
    s->world->ops->settle(s->world);
}

static void act_vanish(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    struct talk_person *person = script_person(s, name);
    s->world->ops->vanish(s->world, person);
    person->open = false;
    s->world->ops->settle(s->world);
}

static void need_in_process(const struct script *s, bool able)
{
    if (!s->in_process || !able) {
        script_fail(s, "this can be done in process only: begin with `in process: why`", TEXT(""));
    }
}

static void act_stop_reading(const struct script *s, struct text name, uint64_t number)
{
    need_in_process(s, s->world->ops->stop_reading);
    s->world->ops->stop_reading(s->world, script_person(s, name), (size_t)number);
}

static void act_read_again(const struct script *s, struct text name, uint64_t number)
{
    (void)number;
    need_in_process(s, s->world->ops->read_again);
    s->world->ops->read_again(s->world, script_person(s, name));
    s->world->ops->settle(s->world);
}

static void act_stop(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    s->world->ops->stop(s->world);
}

static void act_tell_to_stop(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    need_in_process(s, s->world->ops->tell_to_stop);
    s->world->ops->tell_to_stop(s->world);
}

static void act_start(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    s->world->ops->start(s->world);
}

static void act_pass(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    if (s->world->ops->pass) {
        s->world->ops->pass(s->world, (unsigned)number);
    }
}

static void jump(const struct script *s, int64_t seconds)
{
    need_in_process(s, s->world->ops->jump);
    s->world->ops->jump(s->world, seconds * 1000);
}

static void act_jump_forward(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    jump(s, (int64_t)number);
}

static void act_jump_back(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    jump(s, -(int64_t)number);
}

static void act_describe(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    need_in_process(s, s->world->ops->describe);
    s->world->ops->describe(s->world);
}

static void act_offer_scram(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    need_in_process(s, s->world->ops->offer_scram);
    s->world->ops->offer_scram(s->world);
    s->world->ops->settle(s->world);
}

static void set_registration(const struct script *s, int registration)
{
    need_in_process(s, s->world->ops->set_registration);
    s->world->ops->set_registration(s->world, registration);
    s->world->ops->settle(s->world);
}

static void act_registration_open(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    set_registration(s, REGISTRATION_OPEN);
}

static void act_registration_inside(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    set_registration(s, REGISTRATION_INSIDE);
}

static void act_registration_closed(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    set_registration(s, REGISTRATION_CLOSED);
}

static void act_registration_invite(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    set_registration(s, REGISTRATION_INVITE);
}

static void hold_passwords(const struct script *s, bool hold)
{
    need_in_process(s, s->world->ops->hold_passwords);
    s->world->ops->hold_passwords(s->world, hold);
    s->world->ops->settle(s->world);
}

static void act_passwords_wait(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    hold_passwords(s, true);
}

static void act_passwords_done(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    hold_passwords(s, false);
}

static void act_store_wait(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    need_in_process(s, s->world->ops->store_wait);
    s->world->ops->store_wait(s->world, true);
}

static void act_store_go_on(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    need_in_process(s, s->world->ops->store_wait);
    s->world->ops->store_wait(s->world, false);
    s->world->ops->settle(s->world);
}

static void act_store_keep(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    need_in_process(s, s->world->ops->store_keep);
    s->world->ops->store_keep(s->world, (size_t)number, false);
    s->world->ops->settle(s->world);
}

static void act_store_keep_first(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    need_in_process(s, s->world->ops->store_keep);
    s->world->ops->store_keep(s->world, (size_t)number, true);
    s->world->ops->settle(s->world);
}

static void store_fail(const struct script *s, bool read, int error)
{
    need_in_process(s, s->world->ops->store_fail);
    s->world->ops->store_fail(s->world, read, error);
}

static void act_no_space(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    store_fail(s, false, -ENOSPC);
}

static void act_broken(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    store_fail(s, false, -EIO);
}

static void act_unreadable(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    store_fail(s, true, -EIO);
}

static void disk_low(const struct script *s, bool low)
{
    need_in_process(s, s->world->ops->disk_low);
    s->world->ops->disk_low(s->world, low);
}

static void act_disk_low(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    disk_low(s, true);
}

static void act_disk_enough(const struct script *s, struct text name, uint64_t number)
{
    (void)name;
    (void)number;
    disk_low(s, false);
}

static const struct act person_acts[] = {
    {"connects", act_connect},
    {"connects with certificate #", act_connect_certificate},
    {"connects from afar in TLS", act_connect_afar_tls},
    {"connects by IRC with certificate #", act_connect_irc_certificate},
    {"connects from afar", act_connect_afar},
    {"connects by IRC from afar", act_connect_irc_afar},
    {"connects from afar to a plain port", act_connect_afar_plain},
    {"connects to the relay", act_connect_relay},
    {"connects to the control socket", act_connect_control},
    {"joins", act_join},
    {"hears nothing more", act_hear_nothing},
    {"is disconnected", act_disconnected},
    {"stops sending", act_stop_sending},
    {"vanishes", act_vanish},
    {"stops reading after # bytes", act_stop_reading},
    {"reads again", act_read_again},
    {NULL, NULL},
};

static const struct act world_acts[] = {
    {"after # ms", act_pass},
    {"the clock jumps forward # s", act_jump_forward},
    {"the clock jumps back # s", act_jump_back},
    {"the server stops", act_stop},
    {"the server is told to stop", act_tell_to_stop},
    {"the server starts", act_start},
    {"the server is described", act_describe},
    {"the server lets log in by SCRAM", act_offer_scram},
    {"registration is open", act_registration_open},
    {"registration is inside", act_registration_inside},
    {"registration is closed", act_registration_closed},
    {"registration is invite", act_registration_invite},
    {"passwords wait", act_passwords_wait},
    {"passwords are done", act_passwords_done},
    {"the store waits", act_store_wait},
    {"the store goes on", act_store_go_on},
    {"the store keeps # before it reads", act_store_keep_first},
    {"the store keeps #", act_store_keep},
    {"the disk is nearly full", act_disk_low},
    {"the disk has room again", act_disk_enough},
    {"the store fails once: no space", act_no_space},
    {"the store fails once: broken", act_broken},
    {"the store fails once: not readable", act_unreadable},
    {NULL, NULL},
};

static bool is_act(const char *words, struct text line, uint64_t *number)
{
    struct text wanted = text_of(words);
    while (wanted.len) {
        struct text word = text_word(&wanted);
        struct text given = text_word(&line);
        bool same = text_equal(word, TEXT("#")) ? text_number(given, UINT32_MAX, number)
                                                : text_equal(word, given);
        if (!same) {
            return false;
        }
    }
    return line.len == 0;
}

static const struct act *find_act(const struct act *acts, struct text line, uint64_t *number)
{
    while (acts->words && !is_act(acts->words, line, number)) {
        acts++;
    }
    return acts->words ? acts : NULL;
}

static bool run_limit(const struct script *s, struct text line)
{
    uint64_t value;
    struct text name;
    if (!text_starts(line, TEXT("the limit "))) {
        return false;
    }
    line = text_skip(line, strlen("the limit "));
    name = text_word(&line);
    need_in_process(s, s->world->ops->limit);
    if (!text_equal(text_word(&line), TEXT("is")) || !text_number(line, UINT32_MAX, &value) ||
        !s->world->ops->limit(s->world, name, (uint32_t)value)) {
        script_fail(s, "there is no such limit: ", name);
    }
    return true;
}

bool script_act(const struct script *s, struct text name, struct text line)
{
    uint64_t number = 0;
    const struct act *act = find_act(name.len ? person_acts : world_acts, line, &number);
    if (act) {
        act->run(s, name, number);
    }
    return act || (name.len == 0 ? run_limit(s, line) : script_irc_act(s, name, line));
}
