// The connection that reads pages. One thread at a time.
#pragma once
#include "store/sqlite_database.h"
#include "store/store_page.h"
#include "store/store_words.h"

enum { READER_STATEMENTS = 15 };

struct sqlite_reader {
    sqlite3 *database;
    sqlite3_stmt *statements[READER_STATEMENTS];
    struct word_filter *filter;
    void (*let_go)(void *context);
    void *context;
    int64_t begun_us; // the state of the database that is being read
    int64_t hold_us;  // how long it may be held
};

// After the writer has opened the same file. 0 or -errno; sqlite_reader_close() must follow
// in either case. `let_go` is called when a page takes long to read, at moments when nothing
// of the database is held.
int sqlite_reader_open(struct sqlite_reader *reader, const char *path, const char *vfs,
                       void (*let_go)(void *context), void *context);
void sqlite_reader_close(struct sqlite_reader *reader);

// Fills the page, in order, as from one state of the database, but for what is deleted meanwhile.
// 0 or -errno.
int sqlite_reader_page(struct sqlite_reader *reader, const struct store_query *query,
                       struct page *page);
int sqlite_reader_rooms(struct sqlite_reader *reader,
                        void (*room)(void *, const struct store_room *), void *context);
int sqlite_reader_records(struct sqlite_reader *reader,
                          void (*record)(void *, const struct record *), void *context);
// From any thread: ends a page that is being read with an error.
void sqlite_reader_interrupt(struct sqlite_reader *reader);
