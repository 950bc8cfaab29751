#include "base/must.h"
#include "support/sim_state.h"

uint32_t sim_name_hash(struct text name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = (uint8_t)name.at[i];
        hash = (hash ^ (byte >= 'A' && byte <= 'Z' ? byte + 32u : byte)) * 16777619u;
    }
    return hash;
}

static bool starts(struct text t, const char *head)
{
    return text_starts(t, text_of(head));
}

// Where `words` first stand in the text, or -1.
long sim_find(struct text t, const char *words)
{
    const char *at = t.len ? memmem(t.at, t.len, words, strlen(words)) : NULL;
    return at ? at - t.at : -1;
}

int sim_room_number(struct text name)
{
    uint64_t number;
    char lower[SIM_NAME_MAX] = {0};
    if (name.len >= sizeof lower) {
        return -1;
    }
    for (size_t i = 0; i < name.len; i++) {
        lower[i] = name.at[i] >= 'A' && name.at[i] <= 'Z' ? (char)(name.at[i] + 32) : name.at[i];
    }
    struct text low = text_of(lower);
    if (text_equal(low, TEXT("#lobby"))) {
        return 0;
    }
    if (starts(low, "#relay-") && text_number(text_skip(low, 7), UINT16_MAX, &number) &&
        number >= SIM_RELAY_PORT && number < SIM_RELAY_PORT + SIM_RELAYS) {
        return (int)(SIM_ROOMS - SIM_RELAYS + number - SIM_RELAY_PORT);
    }
    if (starts(low, "#r") && text_number(text_skip(low, 2), SIM_ROOMS - SIM_RELAYS - 2, &number)) {
        return (int)number + 1;
    }
    return -1;
}

void sim_room_name(int number, char name[SIM_NAME_MAX])
{
    if (number == 0) {
        snprintf(name, SIM_NAME_MAX, "#lobby");
    } else if (number >= SIM_ROOMS - SIM_RELAYS) {
        snprintf(name, SIM_NAME_MAX, "#relay-%d",
                 SIM_RELAY_PORT + number - (SIM_ROOMS - SIM_RELAYS));
    } else {
        snprintf(name, SIM_NAME_MAX, "#r%d", number - 1);
    }
}

// The number in "@@number@@", or -1.
long sim_message_in(struct text line)
{
    long at = sim_find(line, "@@");
    if (at < 0) {
        return -1;
    }
    struct text rest = text_skip(line, (size_t)at + 2);
    uint64_t number;
    long end = sim_find(rest, "@@");
    bool whole = end > 0 && text_number(text_head(rest, (size_t)end), UINT32_MAX, &number);
    return whole ? (long)number : -1;
}

void sim_demand(const struct sim_model *model, bool holds, const char *what, struct text line)
{
    if (!holds) {
        model->broken(model->context, what, line);
        must(holds);
    }
}
