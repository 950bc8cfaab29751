// Search words from people: the first line is what is searched for, the rest a message's
// text. Whatever the words are, the index understands the expression made from them, and it
// finds the text exactly when the store's own comparison does. fuzz_words is the same without the
// index, and much faster.
#include "base/must.h"
#include "store/store_words.h"

#include <sqlite3.h>
#include <string.h>

enum { WORDS_MAX = 4096, INDEXED_PHRASES = 32 };

static sqlite3 *database;
static sqlite3_stmt *add;
static sqlite3_stmt *search;

static void prepare(const char *sql, sqlite3_stmt **statement)
{
    must(sqlite3_prepare_v2(database, sql, -1, statement, NULL) == SQLITE_OK);
}

// Memory for SQLite, which is not what is looked at here: pieces of powers of two, used again and
// never given back. The sanitizer's own took half of the time.
struct piece {
    struct piece *next; // of the free ones
    int64_t bits;
};

enum { HEAP_BYTES = 64 * 1024 * 1024, PIECE_MIN_BITS = 5, HEAD_BYTES = sizeof(struct piece) };

static struct piece *free_pieces[32];

static void *heap_take(int bytes)
{
    static char heap[HEAP_BYTES] __attribute__((aligned(16)));
    static size_t used;
    int64_t bits = PIECE_MIN_BITS;
    while ((1LL << bits) < (long long)bytes + HEAD_BYTES) {
        bits++;
    }
    struct piece *piece = free_pieces[bits];
    if (piece) {
        free_pieces[bits] = piece->next;
    } else if ((size_t)1 << bits <= HEAP_BYTES - used) {
        piece = (struct piece *)(void *)(heap + used);
        used += (size_t)1 << bits;
    } else {
        return NULL;
    }
    piece->bits = bits;
    return (char *)piece + HEAD_BYTES;
}

static struct piece *piece_of(void *memory)
{
    return (struct piece *)(void *)((char *)memory - HEAD_BYTES);
}

static void heap_give_back(void *memory)
{
    struct piece *piece = piece_of(memory);
    piece->next = free_pieces[piece->bits];
    free_pieces[piece->bits] = piece;
}

static int heap_size(void *memory)
{
    return (1 << piece_of(memory)->bits) - HEAD_BYTES;
}

static void *heap_resize(void *memory, int bytes)
{
    if (bytes <= heap_size(memory)) {
        return memory;
    }
    void *larger = heap_take(bytes);
    if (larger) {
        memcpy(larger, memory, (size_t)heap_size(memory));
        heap_give_back(memory);
    }
    return larger;
}

static int heap_round(int bytes)
{
    return (bytes + 15) & ~15;
}

static int heap_begin(void *context)
{
    (void)context;
    return SQLITE_OK;
}

static void heap_end(void *context)
{
    (void)context;
}

static void open_index(void)
{
    static const sqlite3_mem_methods heap = {heap_take,  heap_give_back, heap_resize, heap_size,
                                             heap_round, heap_begin,     heap_end,    NULL};
    must(sqlite3_shutdown() == SQLITE_OK &&
         sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK);
    must(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
    must(sqlite3_config(SQLITE_CONFIG_MALLOC, &heap) == SQLITE_OK);
    must(sqlite3_open(":memory:", &database) == SQLITE_OK);
    must(sqlite3_exec(database,
                      "CREATE VIRTUAL TABLE t USING fts5 (place, text, columnsize=0,"
                      "  tokenize='unicode61 remove_diacritics 2')",
                      NULL, NULL, NULL) == SQLITE_OK);
    prepare("REPLACE INTO t (rowid, place, text) VALUES (1, 'place1', ?1)", &add);
    prepare("SELECT rowid FROM t WHERE t MATCH ?1", &search);
}

static bool index_finds(struct text expression)
{
    sqlite3_bind_text(search, 1, expression.at, (int)expression.len, SQLITE_STATIC);
    int code = sqlite3_step(search);
    must(code == SQLITE_ROW || code == SQLITE_DONE);
    sqlite3_reset(search);
    return code == SQLITE_ROW;
}

static void check_words(struct word_filter *filter, struct text words, struct text text)
{
    if (!word_filter_set(filter, words)) {
        return;
    }
    struct buf expression;
    buf_init(&expression, 64 * 1024);
    buf_printf(&expression, "place : place1 AND ");
    must(word_filter_expression(filter, "text", &expression));
    sqlite3_bind_text(add, 1, text.len ? text.at : "", (int)text.len, SQLITE_STATIC);
    must(sqlite3_step(add) == SQLITE_DONE);
    sqlite3_reset(add);
    bool found = index_finds(buf_text(&expression));
    bool matches = word_filter_match(filter, text);
    must(found || !matches);
    must(matches || !found || words.len >= 2 * INDEXED_PHRASES);
    buf_finish(&expression);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct word_filter *filter;
    if (!filter) {
        open_index();
        filter = word_filter_create();
    }
    struct text all = {(const char *)data, size};
    size_t end = text_find(all, '\n');
    if (end <= WORDS_MAX) {
        check_words(filter, text_head(all, end), text_skip(all, end + 1));
    }
    return 0;
}
