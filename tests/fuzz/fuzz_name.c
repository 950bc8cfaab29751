// A name that is allowed has keys, folds to something allowed, and shows as it is.
#include "base/must.h"
#include "base/utf8.h"
#include "chat/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_fold(struct text fold)
{
    struct buf again;
    buf_init(&again, NAME_KEY_MAX);
    must(utf8_valid(fold));
    must(name_fold(fold, &again) && text_equal(buf_text(&again), fold));
    buf_finish(&again);
}

static void check_allowed(struct text name, struct text fold, const char *reserved)
{
    struct buf visible;
    buf_init(&visible, NAME_KEY_MAX);
    must(name.len > 0 && name.len <= NAME_BYTES_MAX && fold.len > 0);
    must(utf8_add_visible(&visible, name, false) && text_equal(buf_text(&visible), name));
    for (; *reserved; reserved++) {
        must(text_find(name, *reserved) == name.len && text_find(fold, *reserved) == fold.len);
    }
    buf_finish(&visible);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct text name = {(const char *)bytes, len};
    enum name_fault fault = name_check(name);
    enum name_fault room_fault = room_name_check(name);
    must((fault == NAME_OK) == !name_fault_text(fault)[0]);
    must((room_fault == NAME_OK) == !name_fault_text(room_fault)[0]);
    if (!utf8_valid(name)) {
        must(fault != NAME_OK && room_fault != NAME_OK);
        return 0;
    }
    struct buf fold;
    struct buf skeleton;
    buf_init(&fold, NAME_KEY_MAX);
    buf_init(&skeleton, NAME_KEY_MAX);
    bool folded = name_fold(name, &fold);
    bool has_skeleton = name_skeleton(name, &skeleton);
    if (folded) {
        check_fold(buf_text(&fold));
    }
    if (fault == NAME_OK || room_fault == NAME_OK) {
        must(folded && has_skeleton && skeleton.len > 0 && utf8_valid(buf_text(&skeleton)));
        check_allowed(name, buf_text(&fold), fault == NAME_OK ? " !@,*?" : " ,");
    }
    buf_finish(&fold);
    buf_finish(&skeleton);
    return 0;
}
