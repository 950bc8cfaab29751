// A page of messages while it is made and until it is handed out. Messages are added
// from the newest to the oldest and come out the other way round.
#pragma once
#include "store/store.h"

struct page {
    struct message *messages; // their texts are owned by `copies`
    struct message **copies;
    size_t count;
    size_t limit;
    size_t bytes;
    bool more;
};

struct page *page_create(uint32_t limit);
// NULL is allowed.
void page_destroy(struct page *page);

// Copies the message. False when it does not fit any more: the page is full, and there
// is more than it holds.
bool page_add(struct page *page, const struct message *message);
// Brings the messages into order; nothing may be added afterwards.
void page_finish(struct page *page);
