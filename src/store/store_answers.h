// Answers that wait to be collected, in order. Has no lock: a store whose answers come
// from other threads keeps its own.
#pragma once
#include "store/store_page.h"

struct answer_list {
    struct waiting_answer *at;
    size_t count;
    size_t size;
    size_t page_bytes; // of the pages that wait
};

void answer_list_finish(struct answer_list *list);
void answer_list_written(struct answer_list *list, uint64_t cookie, int error, uint64_t id,
                         uint64_t seq);
void answer_list_recorded(struct answer_list *list, uint64_t cookie, int error);
// Puts all of `more` behind what is in the list and frees the memory of `more`.
void answer_list_move(struct answer_list *list, struct answer_list *more);
// Takes the page, which must be finished. NULL with an error.
void answer_list_page(struct answer_list *list, uint64_t cookie, int error, struct page *page);
// Hands out all answers, frees them and the list's memory; returns how many there were.
// `answered` must not touch this very list: give a copy whose original was emptied.
size_t answer_list_hand_out(struct answer_list *list,
                            void (*answered)(void *, const struct store_answer *), void *context);
