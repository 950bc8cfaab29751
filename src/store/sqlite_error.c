#include "store/sqlite_error.h"

#include <stdarg.h>

int error_say(struct store_sqlite_error *error, int code, const char *format, ...)
{
    if (error->code) {
        return code;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->sentence, sizeof error->sentence, format, arguments);
    va_end(arguments);
    error->code = code;
    return code;
}

int error_say_unusable(struct store_sqlite_error *error, int code, const char *path,
                       const char *reason)
{
    return error_say(error, code,
                     "The database %s cannot be used: %s. Make sure that it may be read and "
                     "written and that its disk has room, or give another folder with --data.",
                     path, reason);
}
