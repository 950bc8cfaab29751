// Events as IRC lines. What most of them look like is in tests/talk; here is what needs a server of
// another name.
#include "chat/event.h"
#include "protocol/irc_render.h"
#include "support/test.h"

static void a_server_with_a_blank_in_its_name_is_one_word(void)
{
    struct buf out;
    buf_init(&out, 1024);
    struct event event = {
        .kind = EVENT_MODES,
        .room = TEXT("#den"),
        .target = TEXT("room 12"),
        .text = TEXT("-b Bob!*@*"),
    };
    irc_render(&event, 0, &out);
    check_text(buf_text(&out), ":room-12 MODE #den -b Bob!*@*\r\n");
    buf_finish(&out);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_server_with_a_blank_in_its_name_is_one_word);
    return test_end();
}
