// A page of messages while it is made and until it is handed out. Messages are added from where
// it is counted: on to ever older ones, or to ever newer ones, or first the one and then the other.
// They come out in order.
#pragma once
#include "store/store.h"

struct page {
    struct message *messages; // their texts are owned by `copies`
    struct message **copies;  // the older ones from the front, the newer ones from the back
    size_t count;
    size_t newer; // of these are at the back
    size_t limit;
    size_t room; // no more than these are added: at first, the limit
    size_t bytes;
    uint64_t first_seq; // as struct store_answer's
    uint64_t looked_to; // as struct store_answer's id
    bool more;
};

struct page *page_create(uint32_t limit);
// NULL is allowed.
void page_destroy(struct page *page);

// Copies the message. False when it does not fit any more: the page is full, and there
// is more than it holds.
bool page_add(struct page *page, const struct message *message);
bool page_add_newer(struct page *page, const struct message *message);
// Brings the messages into order; nothing may be added afterwards.
void page_finish(struct page *page);
