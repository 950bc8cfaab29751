#include "store/sqlite_queue.h"

#include "base/must.h"

enum { KEPT_SUBMISSIONS = 4096 };

void submission_list_add(struct submission_list *list, struct submission submission)
{
    if (list->count == list->size) {
        list->size = list->size ? list->size * 2 : 64;
        list->at = mem_grow(list->at, list->size * sizeof *list->at);
    }
    list->at[list->count++] = submission;
}

void submission_list_finish(struct submission_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->at[i].message);
        free(list->at[i].record);
    }
    list->count = 0;
    if (list->size > KEPT_SUBMISSIONS) { // after a jam
        free(list->at);
        *list = (struct submission_list){0};
    }
}

struct read_request *read_request_create(const struct store_query *query, uint64_t cookie)
{
    struct read_request *request = mem_alloc(sizeof *request + query->place.len + query->words.len);
    char *at = (char *)(request + 1);
    request->query = *query;
    request->cookie = cookie;
    if (query->place.len) {
        memcpy(at, query->place.at, query->place.len);
    }
    if (query->words.len) {
        memcpy(at + query->place.len, query->words.at, query->words.len);
    }
    request->query.place.at = at;
    request->query.words.at = at + query->place.len;
    return request;
}
