#include "store/store_page.h"

#include "base/must.h"
#include "store/store.h"

struct page *page_create(uint32_t limit)
{
    must(limit >= 1 && limit <= STORE_PAGE_MESSAGES_MAX);
    struct page *page = mem_alloc(sizeof *page);
    page->limit = limit;
    page->room = limit;
    page->copies = mem_array(limit, sizeof *page->copies);
    return page;
}

void page_destroy(struct page *page)
{
    if (!page) {
        return;
    }
    for (size_t i = 0; i < page->limit; i++) {
        free(page->copies[i]);
    }
    free(page->copies);
    free(page->messages);
    free(page);
}

static bool take(struct page *page, const struct message *message)
{
    must(!page->messages);
    size_t bytes = message_bytes(message);
    if (page->count == page->room || page->bytes + bytes > STORE_PAGE_BYTES_MAX) {
        page->more = true;
        return false;
    }
    page->bytes += bytes;
    page->count++;
    return true;
}

bool page_add(struct page *page, const struct message *message)
{
    bool taken = take(page, message);
    if (taken) {
        page->copies[page->count - page->newer - 1] = message_copy(message);
    }
    return taken;
}

bool page_add_newer(struct page *page, const struct message *message)
{
    bool taken = take(page, message);
    if (taken) {
        page->copies[page->limit - ++page->newer] = message_copy(message);
    }
    return taken;
}

void page_finish(struct page *page)
{
    page->messages = mem_array(page->count, sizeof *page->messages);
    size_t older = page->count - page->newer;
    for (size_t i = 0; i < older; i++) {
        page->messages[i] = *page->copies[older - 1 - i];
    }
    for (size_t i = 0; i < page->newer; i++) {
        page->messages[older + i] = *page->copies[page->limit - 1 - i];
    }
}
