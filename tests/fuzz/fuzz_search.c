// Search words from people: the first line is what is searched for, the rest a message's
// text. Whatever the words are, the index understands the expression made from them, and it
// finds the text exactly when the store's own comparison does. fuzz_words is the same without the
// index, and much faster.
#include "base/must.h"
#include "store/store_words.h"

#include <sqlite3.h>

enum { WORDS_MAX = 4096, INDEXED_PHRASES = 32 };

static sqlite3 *database;
static sqlite3_stmt *add;
static sqlite3_stmt *search;

static void prepare(const char *sql, sqlite3_stmt **statement)
{
    must(sqlite3_prepare_v2(database, sql, -1, statement, NULL) == SQLITE_OK);
}

static void open_index(void)
{
    // The one thread, and a sanitizer that counts memory anyway.
    must(sqlite3_shutdown() == SQLITE_OK &&
         sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK);
    must(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
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
