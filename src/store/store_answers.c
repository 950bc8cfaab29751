#include "store/store_answers.h"

#include "base/must.h"

struct waiting_answer {
    struct store_answer answer;
    struct page *page;
};

static struct waiting_answer *add(struct answer_list *list)
{
    if (list->count == list->size) {
        list->size = list->size ? list->size * 2 : 64;
        list->at = mem_grow(list->at, list->size * sizeof *list->at);
    }
    struct waiting_answer *waiting = &list->at[list->count++];
    *waiting = (struct waiting_answer){0};
    return waiting;
}

void answer_list_finish(struct answer_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        page_destroy(list->at[i].page);
    }
    free(list->at);
    *list = (struct answer_list){0};
}

void answer_list_written(struct answer_list *list, uint64_t cookie, int error, uint64_t id,
                         uint64_t seq)
{
    add(list)->answer = (struct store_answer){
        .kind = STORE_WRITTEN, .cookie = cookie, .error = error, .id = id, .seq = seq};
}

void answer_list_recorded(struct answer_list *list, uint64_t cookie, int error)
{
    add(list)->answer =
        (struct store_answer){.kind = STORE_RECORDED, .cookie = cookie, .error = error};
}

void answer_list_page(struct answer_list *list, uint64_t cookie, int error, struct page *page)
{
    struct waiting_answer *waiting = add(list);
    waiting->page = page;
    waiting->answer = (struct store_answer){.kind = STORE_PAGE, .cookie = cookie, .error = error};
    if (page) {
        waiting->answer.messages = page->messages;
        waiting->answer.message_count = page->count;
        waiting->answer.more = page->more;
        waiting->answer.id = page->looked_to;
        waiting->answer.first_seq = page->first_seq;
        list->page_bytes += page->bytes;
    }
}

void answer_list_move(struct answer_list *list, struct answer_list *more)
{
    if (!list->count) {
        free(list->at);
        *list = *more;
    } else {
        if (list->count + more->count > list->size) {
            list->size = (list->count + more->count) * 2;
            list->at = mem_grow(list->at, list->size * sizeof *list->at);
        }
        for (size_t i = 0; i < more->count; i++) {
            list->at[list->count++] = more->at[i];
        }
        list->page_bytes += more->page_bytes;
        free(more->at);
    }
    *more = (struct answer_list){0};
}

size_t answer_list_hand_out(struct answer_list *list,
                            void (*answered)(void *, const struct store_answer *), void *context)
{
    size_t count = list->count;
    for (size_t i = 0; i < count; i++) {
        answered(context, &list->at[i].answer);
    }
    answer_list_finish(list);
    return count;
}
