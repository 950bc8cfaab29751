// Search words from people, without the index: the first line is what is searched for, the rest a
// message's text. The expression for the index is nothing but quoted phrases, the words find
// themselves, and case does not matter. fuzz_search asks the index itself.
#include "base/must.h"
#include "store/store_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { WORDS_MAX = 4096, EXPRESSION_MAX = 64 * 1024, INDEXED_PHRASES = 32 };

static struct word_filter *filter;

static struct text take(struct text t, struct text expected)
{
    must(text_starts(t, expected));
    return text_skip(t, expected.len);
}

// What follows "…", in which a quote is doubled.
static struct text take_quoted(struct text t)
{
    t = take(t, TEXT("\""));
    size_t end = text_find(t, '"');
    while (text_starts(text_skip(t, end), TEXT("\"\""))) {
        t = text_skip(t, end + 2);
        end = text_find(t, '"');
    }
    must(text_find(text_head(t, end), '\0') == end);
    return take(text_skip(t, end), TEXT("\""));
}

static void check_expression(void)
{
    struct buf expression;
    buf_init(&expression, EXPRESSION_MAX);
    must(word_filter_expression(filter, "text", &expression));
    struct text rest = buf_text(&expression);
    size_t phrases = 0;
    for (; phrases == 0 || rest.len; phrases++) {
        rest = phrases ? take(rest, TEXT(" AND ")) : rest;
        rest = take_quoted(take(rest, TEXT("text : ")));
    }
    must(phrases <= INDEXED_PHRASES);
    buf_finish(&expression);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void check_match(struct text words, struct text text)
{
    must(word_filter_match(filter, words));
    bool matches = word_filter_match(filter, text);
    char *other = text_copy(text);
    for (size_t i = 0; i < text.len; i++) {
        other[i] = (char)(is_letter(other[i]) ? other[i] ^ 0x20 : other[i]);
    }
    must(word_filter_match(filter, (struct text){other, text.len}) == matches);
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (!filter) {
        filter = word_filter_create();
        must(!word_filter_set(filter, TEXT(" ! ")));
    }
    struct text all = {(const char *)bytes, len};
    size_t end = text_find(all, '\n');
    struct text words = text_head(all, end);
    if (end <= WORDS_MAX && word_filter_set(filter, words)) {
        check_expression();
        check_match(words, text_skip(all, end + 1));
    }
    return 0;
}
