#include "protocol/control_answer.h"

#include "base/ascii_json.h"
#include "base/utf8.h"
#include "chat/session.h"

enum { ANSWER_BYTES = 256 * 1024 }; // a user in all rooms that one may be in; a long message

void control_row_add(json_t *row, struct buf *out)
{
    // A row that does not fit, of somebody in thousands of rooms, is left out.
    if (ascii_json_add(row, out)) {
        buf_add_char(out, '\n');
    }
    json_decref(row);
}

void control_send(struct session *session, json_t *row)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES);
    control_row_add(row, &out);
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

void control_succeed(struct session *session)
{
    control_send(session, json_pack("{sb}", "ok", 1));
}

void control_succeed_saying(struct session *session, struct text sentence)
{
    control_send(session, json_pack("{sbso}", "ok", 1, "said", control_text(sentence)));
}

json_t *control_text(struct text t)
{
    json_t *string = json_stringn(t.at ? t.at : "", t.len);
    // What a peer sent is checked where it came in; what cannot be shown is left out all the same.
    return string ? string : json_string("?");
}

void control_fail(struct session *session, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    control_send(session, json_pack("{sbso}", "ok", 0, "error",
                                    control_text(utf8_cut(text_of(sentence), 1000))));
}

struct text control_parameter(const json_t *request, const char *name)
{
    const json_t *value = json_object_get(request, name);
    return (struct text){json_string_value(value), json_string_length(value)};
}

bool control_line_is_text(struct text line)
{
    for (size_t i = 0; i < line.len; i++) {
        if ((unsigned char)line.at[i] < ' ' || line.at[i] == 0x7f) {
            return false;
        }
    }
    return true;
}
