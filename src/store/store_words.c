#include "store/store_words.h"

#include "base/must.h"

#include <sqlite3.h>

enum {
    INDEXED_PHRASES_MAX = 32, // each costs a walk through the index
    SCRATCH_MAX = 1 << 20,
};

// Tokens stand one after the other in `bytes`.
struct token_list {
    struct buf bytes;
    size_t *ends;
    size_t count;
    size_t size;
};

struct phrase {
    struct text quoted; // the piece as it was given
    size_t first;       // among `wanted`
    size_t count;
};

struct word_filter {
    sqlite3 *database; // owns the tokenizer's module; holds nothing
    fts5_tokenizer module;
    Fts5Tokenizer *tokenizer;
    char *words;
    struct phrase *phrases;
    size_t phrase_count;
    size_t phrase_size;
    struct token_list wanted;
    struct token_list found;
};

static fts5_api *find_fts5(sqlite3 *database)
{
    fts5_api *api = NULL;
    sqlite3_stmt *statement;
    must(sqlite3_prepare_v2(database, "SELECT fts5(?1)", -1, &statement, NULL) == SQLITE_OK);
    sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
    sqlite3_step(statement);
    sqlite3_finalize(statement);
    must(api);
    return api;
}

struct word_filter *word_filter_create(void)
{
    struct word_filter *f = mem_alloc(sizeof *f);
    const char *arguments[] = {"remove_diacritics", "2"};
    void *context;
    must(sqlite3_open_v2(":memory:", &f->database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    fts5_api *api = find_fts5(f->database);
    must(api->xFindTokenizer(api, "unicode61", &context, &f->module) == SQLITE_OK);
    must(f->module.xCreate(context, arguments, 2, &f->tokenizer) == SQLITE_OK);
    buf_init(&f->wanted.bytes, SCRATCH_MAX);
    buf_init(&f->found.bytes, SCRATCH_MAX);
    return f;
}

static void token_list_finish(struct token_list *list)
{
    buf_finish(&list->bytes);
    free(list->ends);
}

void word_filter_destroy(struct word_filter *f)
{
    if (!f) {
        return;
    }
    f->module.xDelete(f->tokenizer);
    sqlite3_close(f->database);
    token_list_finish(&f->wanted);
    token_list_finish(&f->found);
    free(f->phrases);
    free(f->words);
    free(f);
}

static int add_token(void *context, int flags, const char *token, int len, int start, int end)
{
    (void)flags, (void)start, (void)end;
    struct token_list *list = context;
    if (!buf_add(&list->bytes, (struct text){token, (size_t)len})) {
        return SQLITE_DONE;
    }
    if (list->count == list->size) {
        list->size = list->size ? list->size * 2 : 64;
        list->ends = mem_grow(list->ends, list->size * sizeof *list->ends);
    }
    list->ends[list->count++] = list->bytes.len;
    return SQLITE_OK;
}

static void tokenize(struct word_filter *f, struct token_list *list, struct text t)
{
    // FTS5 takes NULL for "no text"; an empty one has no tokens anyway.
    if (t.len) {
        f->module.xTokenize(f->tokenizer, list, FTS5_TOKENIZE_DOCUMENT, t.at, (int)t.len,
                            add_token);
    }
}

static void token_list_reset(struct token_list *list)
{
    buf_reset(&list->bytes);
    list->count = 0;
}

static struct text token(const struct token_list *list, size_t i)
{
    size_t start = i ? list->ends[i - 1] : 0;
    return (struct text){list->bytes.at + start, list->ends[i] - start};
}

static void add_phrase(struct word_filter *f, struct text piece)
{
    size_t before = f->wanted.count;
    tokenize(f, &f->wanted, piece);
    if (f->wanted.count == before) {
        return;
    }
    if (f->phrase_count == f->phrase_size) {
        f->phrase_size = f->phrase_size ? f->phrase_size * 2 : 16;
        f->phrases = mem_grow(f->phrases, f->phrase_size * sizeof *f->phrases);
    }
    f->phrases[f->phrase_count++] = (struct phrase){piece, before, f->wanted.count - before};
}

static bool separates(char byte)
{
    return byte == '\0' || byte == ' ' || (byte >= '\t' && byte <= '\r');
}

bool word_filter_set(struct word_filter *f, struct text words)
{
    free(f->words);
    f->words = text_copy(words);
    f->phrase_count = 0;
    token_list_reset(&f->wanted);
    size_t start = 0;
    for (size_t i = 0; i <= words.len; i++) {
        if (i == words.len || separates(f->words[i])) {
            add_phrase(f, (struct text){f->words + start, i - start});
            start = i + 1;
        }
    }
    return f->phrase_count > 0;
}

static bool phrase_stands_at(const struct word_filter *f, const struct phrase *p, size_t at)
{
    for (size_t i = 0; i < p->count; i++) {
        if (!text_equal(token(&f->wanted, p->first + i), token(&f->found, at + i))) {
            return false;
        }
    }
    return true;
}

static bool has_phrase(const struct word_filter *f, const struct phrase *p)
{
    for (size_t at = 0; at + p->count <= f->found.count; at++) {
        if (phrase_stands_at(f, p, at)) {
            return true;
        }
    }
    return false;
}

bool word_filter_match(struct word_filter *f, struct text text)
{
    token_list_reset(&f->found);
    tokenize(f, &f->found, text);
    for (size_t i = 0; i < f->phrase_count; i++) {
        if (!has_phrase(f, &f->phrases[i])) {
            return false;
        }
    }
    return f->phrase_count > 0;
}

static void add_quoted(struct buf *out, struct text t)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '"') {
            buf_add_char(out, '"');
        }
        buf_add_char(out, t.at[i]);
    }
    buf_add_char(out, '"');
}

bool word_filter_expression(const struct word_filter *f, const char *column, struct buf *out)
{
    for (size_t i = 0; i < f->phrase_count && i < INDEXED_PHRASES_MAX; i++) {
        buf_printf(out, "%s%s : ", i ? " AND " : "", column);
        add_quoted(out, f->phrases[i].quoted);
    }
    return !out->overflow;
}
