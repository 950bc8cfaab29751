#include "store/sqlite_error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

int error_say(struct store_sqlite_error *error, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!error->code) {
        error->code = code;
        vsnprintf(error->sentence, sizeof error->sentence, format, arguments);
    }
    va_end(arguments);
    return code;
}

int error_say_unusable(struct store_sqlite_error *error, int code, const char *path,
                       sqlite3 *database)
{
    int reason = database ? sqlite3_errcode(database) & 0xff : SQLITE_OK;
    if (reason == SQLITE_CORRUPT || reason == SQLITE_NOTADB) {
        return error_say(error, code,
                         "%s is damaged (%s). Put a backup in its place, or move it away to "
                         "start anew.",
                         path, sqlite3_errmsg(database));
    }
    bool of_sqlite = reason != SQLITE_OK && code != -ENOSPC;
    return error_say(error, code,
                     "The database %s cannot be used: %s. Make sure that it may be read and "
                     "written and that its disk has room, or give another folder with --data.",
                     path, of_sqlite ? sqlite3_errmsg(database) : strerror(-code));
}
