#!/usr/bin/env python3
"""hobnob on a terminal: what the person sees and what the server gets."""

import os
import random
import subprocess
import time

from client_support import (HOBNOB, RULE, FakeServer, Screen, equal, equal_lines, free_port,
                            run_screen_tests, start, wait_until)

FINE = "✓ Connected successfully!"


def talking(server, *arguments, **screen):
    """A screen on which Ann talks, and the server's side of it."""
    screen = Screen("--name", "Ann", server.address, *arguments, **screen)
    peer = server.accept("Ann")
    screen.wait("Welcome to Test, Ann!")
    screen.wait_last("You:")
    return screen, peer


def asks_for_a_name_and_talks():
    with FakeServer() as server, Screen(server.address) as screen:
        screen.wait_last("Enter your username:")
        screen.say("Ann")
        peer = server.accept("Ann")
        screen.wait("Welcome to Test, Ann!")
        screen.wait_last("You:")
        equal(screen.lines(), [
            "Enter your username: Ann", f"Connecting to {server.address}…", FINE,
            RULE, "Welcome to Test, Ann!", "Type '/help' for commands", RULE, "You:"])
        screen.say("grüß dich 漢字")
        equal(peer.line(), "grüß dich 漢字")
        screen.say("/quit bye")
        peer.expect_leave("/quit bye")
        screen.wait_last("status 0")
        equal(screen.lines()[-4:], ["You: grüß dich 漢字", "You: /quit bye",
                                    "Disconnected from chat server.", "status 0"])


def a_refused_name_is_asked_again_and_half_typed_text_comes_back():
    refusal = '[SYSTEM] The name "Ann" is taken. Choose another:'
    with FakeServer() as server, Screen("Ann@" + server.address) as screen:
        peer = server.accept()
        equal(peer.line(), "Ann")
        screen.wait(FINE)
        screen.type("half täped")
        screen.wait_last("You: half täped")
        peer.send(refusal + "\n")
        screen.wait_last("Enter your username:")
        screen.say("Bea")
        equal(peer.line(), "Bea")
        peer.welcome("Bea")
        screen.wait_last("You: half täped")
        screen.say(" text")
        equal(peer.line(), "half täped text")
        equal(screen.lines()[2:4], [refusal, "Enter your username: Bea"])


def half_typed_text_is_never_torn():
    text = "a half typed täxt 漢字 that is longer than one line of this screen 漢字漢字"
    said = [f"[14:30:{i:02}] Bob: line {i} über 漢字" for i in range(len(text))]
    with FakeServer() as server:
        screen, peer = talking(server, columns=40, rows=10)
        with screen:
            for character, line in zip(text, said):
                screen.type(character)
                peer.send(line + "\n")
            screen.wait(said[-1])
            screen.wait_last("You: " + text)
            equal_lines(screen.lines()[6:], [*said, "You: " + text])
            screen.keys("Enter")
            equal(peer.line(), text)


class Line:
    """What the keys that a test presses do to a line."""

    keys = {"Left": "C-b", "Right": "C-f", "Home": "C-a", "End": "C-e", "BSpace": "BSpace"}

    def __init__(self):
        self.text = ""
        self.at = 0

    def press(self, key):
        if key == "BSpace":
            self.text = self.text[:max(self.at - 1, 0)] + self.text[self.at:]
        elif key not in Line.keys:
            self.text = self.text[:self.at] + key + self.text[self.at:]
        steps = {"Left": -1, "Right": 1, "Home": -1000, "End": 1000, "BSpace": -1}
        self.at = min(max(self.at + steps.get(key, len(key)), 0), len(self.text))


def wait_for_exactly(screen, lines):
    """Waits until the screen shows these lines. Where a typed line wraps, there may be a blank
    cell, and tmux cannot always tell that the rows belong together: so as one text without
    blanks."""
    wanted = "".join(lines).replace(" ", "")

    def shown():
        return "".join(screen.lines()[6:]).replace(" ", "")

    def difference():
        same = max(len(os.path.commonprefix([shown(), wanted])) - 80, 0)
        return f"got …{shown()[same:same + 160]!r}, expected …{wanted[same:same + 160]!r}"

    wait_until(lambda: shown() == wanted, difference)


def any_editing_stands_any_line():
    seed = int(os.environ.get("HOBNOB_SEED", time.time()))
    print(f"# HOBNOB_SEED={seed}")
    luck = random.Random(seed)
    texts = ["a", "ö", "漢", "word ", "x" * 13, "漢字漢字漢字", " 👍 ", "."]
    with FakeServer() as server:
        columns = luck.randint(20, 60)
        screen, peer = talking(server, columns=columns, rows=24)
        said = []
        with screen:
            for turn in range(4):
                line = Line()
                for step in range(25):
                    key = luck.choice(texts + list(Line.keys))
                    line.press(key)
                    screen.keys(Line.keys[key]) if key in Line.keys else screen.type(key)
                    print("#", columns, turn, step, repr(key), repr(line.text), line.at)
                    if luck.random() < 0.5:
                        said.append(f"[{turn}.{step}] " + luck.choice(texts) * luck.randint(0, 30))
                        peer.send(said[-1] + "\n")
                    wait_for_exactly(screen, [*said, "You: " + line.text])
                screen.keys("C-e", "Enter")
                equal(peer.line(), line.text)
                said.append("You: " + line.text)


def half_typed_text_stands_a_resize():
    with FakeServer() as server:
        screen, peer = talking(server, columns=60, rows=12)
        with screen:
            text = "some text that wraps when the screen gets narrow, and then does not"
            screen.type(text)
            for columns in (25, 70, 33, 90):
                screen.resize(columns, 12)
                wait_until(lambda: screen.get("pane_width") == str(columns), "no resize")
                peer.send(f"width {columns}\n")
                screen.wait(f"width {columns}")
                screen.wait_last("You: " + text)
            equal(screen.lines().count("You: " + text), 1)
            screen.keys("Enter")
            equal(peer.line(), text)


def history_comes_back_with_up():
    with FakeServer() as server:
        screen, peer = talking(server)
        with screen:
            screen.say("one")
            screen.say("two")
            screen.keys("Up", "Up", "Enter")
            equal([peer.line() for _ in range(3)], ["one", "two", "one"])


def what_is_pasted_is_sent_line_by_line():
    with FakeServer() as server:
        screen, peer = talking(server)
        with screen:
            lines = [f"line\t{i} of a paste" for i in range(50)]
            screen.type("\n".join(lines) + "\n")
            equal([peer.line() for _ in lines], lines)
            screen.wait_last("You:")


def a_line_that_is_too_long_is_not_sent_and_comes_back():
    with FakeServer() as server:
        screen, peer = talking(server)
        with screen:
            for _ in range(41):
                screen.type("x" * 100)
            screen.keys("Enter")
            screen.wait_part("That line was not sent: a line may have 4096 bytes.")
            screen.keys("Up")
            for _ in range(4):
                screen.keys("BSpace")
            screen.keys("C-a", "C-d", "Enter")
            equal(peer.line(), "x" * 4095)


def a_lost_connection_comes_back_by_itself():
    with FakeServer() as server:
        screen, peer = talking(server)
        with screen:
            screen.type("half")
            screen.wait_last("You: half")
            peer.close()
            screen.wait_part("Disconnected: the server closed the connection. Trying again in")
            screen.wait_last("You: half")
            screen.say(" a line")
            screen.type("more")
            peer = server.accept("Ann")
            equal(peer.line(), "half a line")
            screen.wait("✓ Connected again.")
            screen.wait_last("You: more")


def ctrl_c_and_ctrl_d_leave():
    for key in ("C-c", "C-d"):
        with FakeServer() as server:
            screen, peer = talking(server)
            with screen:
                screen.keys(key)
                peer.expect_leave()
                screen.wait_last("status 0")
                equal(screen.lines()[-2:], ["Disconnected from chat server.", "status 0"])
    with FakeServer() as server:
        screen, peer = talking(server)
        with screen:
            screen.keys("C-c")
            equal(peer.line(), "/quit")
            screen.keys("C-c")  # the server does not close
            screen.wait_last("status 0")


def the_terminal_is_given_back_as_it_was():
    with FakeServer() as server:
        command = f"stty -a; {HOBNOB} --name Ann {server.address}; stty -a"
        with Screen("-c", command, program="sh", columns=200) as screen:
            peer = server.accept("Ann")
            screen.wait_last("You:")
            screen.keys("C-d")
            peer.expect_leave()
            screen.wait_last("status 0")
            lines = screen.lines()
            after = lines.index("Disconnected from chat server.") + 1
            equal(lines[after:-1], lines[:len(lines) - 1 - after])


def ctrl_z_stops_and_fg_goes_on():
    with FakeServer() as server, Screen("--norc", program="bash",
                                        environment="PS1='$ '") as screen:
        screen.say(f"{HOBNOB} --name Ann {server.address}")
        peer = server.accept("Ann")
        screen.wait_last("You:")
        screen.type("half")
        screen.wait_last("You: half")
        screen.keys("C-z")
        screen.wait_part("Stopped")
        peer.send("meanwhile\n")
        screen.say("fg")
        screen.wait("meanwhile")
        screen.wait_last("You: half")
        screen.keys("Enter")
        equal(peer.line(), "half")


def a_closed_terminal_ends_it():
    with FakeServer() as server:
        screen, peer = talking(server)
        shell = screen.get("pane_pid")
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", shell], capture_output=True,
                                  text=True).stdout.split()
        equal(len(children), 1)
        screen.__exit__()
        equal(peer.line(), None)
        wait_until(lambda: not os.path.exists(f"/proc/{children[0]}"), "it goes on")


def a_connection_that_fails_is_one_sentence():
    with Screen("--name", "Ann", "--port", str(free_port())) as screen:
        screen.wait_last("status 69")
        equal(len(screen.lines()), 3)
        screen.wait_part("(connection refused). Is it running, and is the port right?")


def relay_leaves_with_exit():
    with FakeServer() as server, Screen("--relay", server.address) as screen:
        peer = server.accept()
        screen.wait("Connected to chat server. Type 'exit' to leave.")
        peer.send("51044: Hi!\n")
        screen.wait("51044: Hi!")
        screen.say("Hello!")
        equal(peer.line(), "Hello!")
        screen.say("exit")
        peer.expect_leave("exit")
        screen.wait_last("status 0")


def a_dumb_terminal_still_shows_whole_lines():
    with FakeServer() as server, Screen("Ann@" + server.address,
                                        environment="TERM=dumb") as screen:
        peer = server.accept("Ann")
        screen.wait_last("You:")
        screen.type("half")
        screen.wait_last("You: half")
        peer.send("a line\n")
        screen.wait("a line")
        screen.wait_last("You: half")


STATE = ("pane_title", "alternate_on", "cursor_flag", "insert_flag", "keypad_flag",
         "keypad_cursor_flag", "mouse_any_flag", "origin_flag", "wrap_flag",
         "scroll_region_upper", "scroll_region_lower", "cursor_y")


def a70_control_codes_change_nothing_on_the_screen():
    attacks = [b"\x1b[2J", b"\x1b[H", b"\x1b]0;evil\x07", b"\x1b]2;evil\x1b\\", b"\x1b]52;c;ZXZpbA==\x07",
               b"\x1bP$q\"p\x1b\\", b"\x1b[?1049h", b"\x1b[?25l", b"\x1b[4h", b"\x1b=", b"\x1b[?1000h",
               b"\x1b[2;5r", b"\x1b[201~", b"\x1bc", b"\xc2\x9b2J", b"\xc2\x90x\xc2\x9c", b"\x9b2J",
               b"\r\r", b"\x08\x08\x08", b"\x0b\x0c", b"\x00", b"\x0e", b"\x7f", b"\x05", b"\x84\x85"]
    with FakeServer() as server:
        screen, peer = talking(server, rows=60)
        with screen:
            screen.tmux("set-option", "-s", "set-clipboard", "on")
            screen.type("half typed")
            peer.send("start\n")
            screen.wait("start")
            screen.wait_last("You: half typed")
            before = [screen.get(name) for name in STATE]
            for attack in attacks:
                peer.send(b"[14:30:00] Bob: a" + attack + b"b\n")
            peer.send("end\n")
            screen.wait("end")
            screen.wait_last("You: half typed")
            after = [screen.get(name) for name in STATE]
            equal(after[:-1], before[:-1])
            equal(int(after[-1]), int(before[-1]) + len(attacks) + 1)
            equal(screen.tmux("list-buffers"), "")
            shown = screen.lines()[-len(attacks) - 2:-2]
            assert all(line.startswith("[14:30:00] Bob: a\\x") for line in shown), shown
            screen.keys("Enter")
            equal(peer.line(), "half typed")


def a71_wide_and_invisible_characters_leave_the_prompt_whole():
    with FakeServer() as server:
        screen, peer = talking(server, columns=21, rows=12)
        with screen:
            screen.type("漢字漢字漢字漢字漢字漢字")
            for count in range(1, 25):
                peer.send(count * "漢" + "\n")
                peer.send("\u202eevil\u2069" + count * "\u200b" + count * "e\u0301" + "\n")
            peer.send("end\n")
            screen.wait("end")
            screen.wait_last("You: 漢字漢字漢字漢字漢字漢字")
            shown = "".join(screen.lines())
            equal(shown.count("\\u{202e}evil\\u{2069}"), 24)
            equal(screen.lines().count(24 * "漢"), 1)


def sighup_ends_it_without_a_word_to_the_server():
    with FakeServer() as server:
        process = start("--name", "bot", server.address)
        peer = server.accept("bot")
        process.send_signal(1)
        equal(peer.line(), None)
        equal(process.wait(20), 129)
        process.communicate()


run_screen_tests([value for name, value in list(globals().items())
                  if getattr(value, "__module__", None) == "__main__" and callable(value)
                  and name not in ("talking", "Line", "wait_for_exactly")])
