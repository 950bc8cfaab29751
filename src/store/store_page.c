#include "store/store_page.h"

#include "base/must.h"
#include "store/store.h"

struct page *page_create(uint32_t limit)
{
    must(limit >= 1 && limit <= STORE_PAGE_MESSAGES_MAX);
    struct page *page = mem_alloc(sizeof *page);
    page->limit = limit;
    page->copies = mem_array(limit, sizeof *page->copies);
    return page;
}

void page_destroy(struct page *page)
{
    if (!page) {
        return;
    }
    for (size_t i = 0; i < page->count; i++) {
        free(page->copies[i]);
    }
    free(page->copies);
    free(page->messages);
    free(page);
}

bool page_add(struct page *page, const struct message *message)
{
    must(!page->messages);
    size_t bytes = message_bytes(message);
    if (page->count == page->limit || page->bytes + bytes > STORE_PAGE_BYTES_MAX) {
        page->more = true;
        return false;
    }
    page->bytes += bytes;
    page->copies[page->count++] = message_copy(message);
    return true;
}

void page_finish(struct page *page)
{
    page->messages = mem_array(page->count, sizeof *page->messages);
    for (size_t i = 0; i < page->count; i++) {
        page->messages[i] = *page->copies[page->count - 1 - i];
    }
}
