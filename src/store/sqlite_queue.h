// What waits for the two threads of the SQLite store. No locks: store_sqlite.c has one.
#pragma once
#include "store/sqlite_writer.h"

struct submission_list {
    struct submission *at;
    size_t count;
    size_t size;
};

// Takes the message or record.
void submission_list_add(struct submission_list *list, struct submission submission);
// Frees everything; the list can be used again.
void submission_list_finish(struct submission_list *list);

struct read_request {
    struct read_request *prev, *next;
    struct store_query query; // its texts stand behind it
    uint64_t cookie;
};

// Copies the query. free() frees it.
struct read_request *read_request_create(const struct store_query *query, uint64_t cookie);
