#include "base/close_reason.h"

#include "base/must.h"

static const struct {
    const char *word;
    uint16_t code;
    struct text sentence;
} rows[] = {
#define X(name, word, code, sentence) {word, code, TEXT_INIT(sentence)},
    CLOSE_REASONS(X)
#undef X
};

const char *close_reason_word(enum close_reason reason)
{
    must(reason < CLOSE_REASON_COUNT);
    return rows[reason].word;
}

struct text close_reason_sentence(enum close_reason reason)
{
    must(reason < CLOSE_REASON_COUNT);
    return rows[reason].sentence;
}

uint16_t close_reason_code(enum close_reason reason)
{
    must(reason < CLOSE_REASON_COUNT);
    return rows[reason].code;
}
