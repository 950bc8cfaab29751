// Why somebody may not do something in a room: one table.
#pragma once

// X(ENUM, second half of a sentence for people: "You cannot do that in #dev: <...>.")
#define REFUSALS(X)                                                                                \
    X(NOT_IN_ROOM, "you are not in it")                                                            \
    X(BANNED, "you are banned from it")                                                            \
    X(SILENCED, "you are muted or banned there")                                                   \
    X(MODERATED, "only those with a voice may speak there now")                                    \
    X(SLOW, "one waits between two messages there")                                                \
    X(OUTSIDER, "only those who are in it may speak there")                                        \
    X(INVITE_ONLY, "one needs an invitation")                                                      \
    X(WRONG_KEY, "it needs the right password")                                                    \
    X(FLOODED, "too many are coming in; registered people may, and others in a few minutes")       \
    X(FULL, "it is full")                                                                          \
    X(NEEDS_ACCOUNT, "only registered people may")                                                 \
    X(NOT_OPERATOR, "only its operators may")                                                      \
    X(NO_CTCP, "it does not take such messages")                                                   \
    X(NO_NOTICE, "it does not take notices")                                                       \
    X(NO_COLOURS, "it does not take colours")

enum refusal {
    REFUSED_NOT, // it is allowed
#define X(name, sentence) REFUSED_##name,
    REFUSALS(X)
#undef X
        REFUSAL_COUNT
};

const char *refusal_text(enum refusal refusal);
