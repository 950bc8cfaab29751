#include "control/offline.h"

#include "store/store_backup.h"

static int answer(int code, const struct store_backup *found,
                  const struct store_sqlite_error *error, json_t **row, struct buf *why)
{
    if (code < 0) {
        buf_add(why, text_of(error->sentence));
        return code;
    }
    *row = json_pack("{sIsIsI}", "messages", (json_int_t)found->messages, "bytes",
                     (json_int_t)found->bytes, "newest_ms", (json_int_t)found->newest_ms);
    return 0;
}

int offline_backup(const char *folder, const char *path, json_t **row, struct buf *why)
{
    struct store_backup made;
    struct store_sqlite_error error;
    struct store_backup_options options = {.folder = folder, .path = path};
    int code = store_backup_write(&options, &made, &error);
    return answer(code, &made, &error, row, why);
}

int offline_restore(const char *folder, const char *path, json_t **row, struct buf *why)
{
    struct store_backup restored;
    struct store_sqlite_error error;
    struct store_backup_options options = {.folder = folder, .path = path};
    int code = store_backup_restore(&options, &restored, &error);
    code = answer(code, &restored, &error, row, why);
    if (code == 0 && restored.kept[0]) {
        json_object_set_new(*row, "kept", json_string(restored.kept));
    }
    return code;
}

int offline_check(const char *folder, const char *path, json_t **row, struct buf *why)
{
    struct store_backup found;
    struct store_sqlite_error error;
    struct store_backup_options options = {.folder = folder, .path = path};
    int code = store_backup_check(&options, &found, &error);
    return answer(code, &found, &error, row, why);
}
