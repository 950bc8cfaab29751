#!/usr/bin/env python3
"""What IRC clients are shown of what was said before, over a restart of the server."""

import os
import re
import socket

from server_support import LIMIT_S, Server, equal, folder, run_tests

FREE = ("--no-limits-for", "127.0.0.1")


class Client:
    """Somebody with an IRC connection and some capabilities."""

    def __init__(self, server, nick, caps=""):
        self.socket = socket.create_connection(("127.0.0.1", server.port), LIMIT_S)
        self.socket.settimeout(LIMIT_S)
        self.file = self.socket.makefile("r", encoding="utf-8", newline="\r\n")
        self.number = 0
        if caps:
            self.say(f"CAP REQ :{caps}")
        self.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
        self.until(" 422 | 376 ")

    def say(self, *lines):
        for line in lines:
            self.socket.sendall(line.encode() + b"\r\n")

    def until(self, pattern):
        """The lines up to one that has the pattern, and that one."""
        lines = []
        while not lines or not re.search(pattern, lines[-1]):
            line = self.file.readline()
            assert line, f"no {pattern!r} in {lines!r}"
            lines.append(line.rstrip("\r\n"))
        return lines

    def ask(self, *lines):
        """What comes until the server has dealt with these lines."""
        self.number += 1
        self.say(*lines, f"PING :sync{self.number}")
        return self.until(f"PONG .*sync{self.number}$")[:-1]

    def join(self, channel):
        return self.ask(f"JOIN {channel}")

    def close(self):
        self.say("QUIT")
        while self.file.readline():
            pass
        self.socket.close()


def texts(lines):
    """The texts of what was said in these lines."""
    return [line.split(" PRIVMSG ", 1)[1].split(" :", 1)[1] for line in lines
            if " PRIVMSG " in line]


def with_history(server, count=3):
    ann = Client(server, "Ann")
    ann.join("#a")
    ann.ask(*[f"PRIVMSG #a :line {i}" for i in range(1, count + 1)])
    return ann


def a_client_that_cannot_ask_is_shown_the_last_lines():
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("history_on_join_irc = 2\n")
        check_last_lines(path)


def check_last_lines(path):
    with Server(*FREE, "--config", path) as server:
        with_history(server)
        lines = Client(server, "Old").join("#a")
        said = texts(lines)
        equal(len(said), 2)
        assert re.fullmatch(r"\[\d\d:\d\d\] line 2", said[0]), said
        assert not [line for line in lines if "BATCH" in line or line.startswith("@")]


def a_client_with_times_and_batches_gets_them():
    with Server(*FREE) as server:
        with_history(server)
        lines = Client(server, "New", "server-time batch message-tags").join("#a")
        equal(texts(lines), ["line 1", "line 2", "line 3"])
        batches = [line for line in lines if " BATCH " in line]
        reference = re.search(r" BATCH \+(\w+) chathistory #a$", batches[0])[1]
        assert batches[1].endswith(f" BATCH -{reference}")
        for line in lines:
            if " PRIVMSG " in line:
                assert line.startswith(f"@batch={reference};time=20"), line


def who_comes_back_is_shown_what_it_has_not_seen():
    with Server(*FREE) as server:
        ann = with_history(server)
        bob = Client(server, "Bob", "server-time")
        bob.join("#a")
        bob.ask("PART #a")
        ann.ask("PRIVMSG #a :line 4")
        equal(texts(bob.join("#a")), ["line 4"])


def a_client_that_can_ask_is_shown_nothing_unasked():
    with Server(*FREE) as server:
        with_history(server, 60)
        bob = Client(server, "Bob", "draft/chathistory batch server-time message-tags")
        equal(texts(bob.join("#a")), [])
        lines = bob.ask("CHATHISTORY LATEST #a * 55")
        equal(texts(lines), [f"line {i}" for i in range(6, 61)])
        tags = [line for line in lines if line.endswith(":line 30")][0].split(" ")[0]
        at = re.search(r"time=([^;]+)", tags)[1]
        reference = re.search(r"msgid=([^;]+)", tags)[1]
        equal(texts(bob.ask(f"CHATHISTORY BEFORE #a msgid={reference} 2")), ["line 28", "line 29"])
        assert "line 30" in texts(bob.ask(f"CHATHISTORY AROUND #a timestamp={at} 60"))
        assert "FAIL CHATHISTORY MESSAGE_ERROR" in bob.ask("CHATHISTORY AFTER #a msgid=ffff 2")[0]
        assert "FAIL CHATHISTORY INVALID_TARGET" in bob.ask("CHATHISTORY LATEST #b * 2")[0]
        assert "FAIL CHATHISTORY INVALID_PARAMS" in bob.ask("CHATHISTORY LATEST #a * x")[0]


def nobody_reads_what_an_earlier_bearer_of_the_name_was_told():
    with folder() as data:
        caps = "draft/chathistory batch"
        with Server(*FREE, data=data) as server:
            ann, bob = Client(server, "Ann", caps), Client(server, "Bob", caps)
            ann.ask("PRIVMSG Bob :a secret")
            equal(texts(bob.ask()), ["a secret"])
            equal(texts(bob.ask("CHATHISTORY LATEST Ann * 9")), ["a secret"])
            bob.close()
            # Ann goes on reading what she has said to him, though he has left ...
            equal(texts(ann.ask("CHATHISTORY LATEST bob * 9")), ["a secret"])
            bob = Client(server, "Bob", caps)
            equal(texts(bob.ask("CHATHISTORY LATEST Ann * 9")), [])
            equal(texts(bob.ask("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z "
                                "timestamp=2200-01-01T00:00:00.000Z 9")), [])
            # ... and what she says to the next Bob is another conversation.
            equal(texts(ann.ask("CHATHISTORY LATEST Bob * 9")), [])
            targets = ann.ask("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z "
                              "timestamp=2200-01-01T00:00:00.000Z 9")
            assert re.search(r" CHATHISTORY TARGETS Bob \d{4}-", targets[1]), targets
        with Server(*FREE, data=data) as server:
            bob = Client(server, "Bob", caps)
            Client(server, "Ann")
            equal(texts(bob.ask("CHATHISTORY LATEST Ann * 9")), [])


def what_is_deleted_is_gone_for_everybody():
    with folder() as data:
        caps = "message-tags echo-message draft/message-redaction draft/chathistory"
        with Server(*FREE, data=data) as server:
            ann = Client(server, "Ann", caps)
            plain = server.person("Plain")
            plain.say("/join #a")
            plain.wait("#a")
            ann.join("#a")
            said = [line for line in ann.ask("PRIVMSG #a :oops", "PRIVMSG #a :fine")
                    if "oops" in line]
            reference = re.search(r"msgid=([^; ]+)", said[0])[1]
            assert f" REDACT #a {reference} :typo" in ann.ask(f"REDACT #a {reference} :typo")[-1]
            plain.wait(r"\[SYSTEM\] A message by Ann was deleted \(typo\)$")
            equal(texts(ann.ask("CHATHISTORY LATEST #a * 9")), ["fine"])
            assert "FAIL REDACT UNKNOWN_MSGID" in ann.ask(f"REDACT #a {reference}")[-1]
            server.stop()
        with Server(*FREE, data=data) as server:
            bob = Client(server, "Bob")
            equal([text[8:] for text in texts(bob.join("#a"))], ["fine"])


def lines_of_one_message_reach_plain_people_one_after_the_other():
    with Server(*FREE) as server:
        ann = Client(server, "Ann", "batch draft/multiline message-tags")
        plain = server.person("Plain")
        plain.say("/join #a")
        plain.wait("#a")
        ann.join("#a")
        ann.ask("BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :one",
                "@batch=1 PRIVMSG #a :", "@batch=1 PRIVMSG #a :two ",
                "@batch=1;draft/multiline-concat PRIVMSG #a :words", "BATCH -1")
        plain.wait(r"^\[\d\d:\d\d:\d\d\] (#a )?Ann: one\n\[\d\d:\d\d:\d\d\] (#a )?Ann: two words$")
        for line in ["BATCH -1", "@batch=1 PRIVMSG #a :late"]:
            assert "FAIL BATCH MULTILINE_INVALID" in ann.ask(line)[0]
        long = [f"@batch=2 PRIVMSG #a :{i}" for i in range(25)]
        lines = ann.ask("BATCH +2 draft/multiline #a", *long, "BATCH -2")
        equal(len(lines), 1)
        assert "FAIL BATCH MULTILINE_MAX_LINES 24" in lines[0]


run_tests([
    a_client_that_cannot_ask_is_shown_the_last_lines,
    a_client_with_times_and_batches_gets_them,
    who_comes_back_is_shown_what_it_has_not_seen,
    a_client_that_can_ask_is_shown_nothing_unasked,
    nobody_reads_what_an_earlier_bearer_of_the_name_was_told,
    what_is_deleted_is_gone_for_everybody,
    lines_of_one_message_reach_plain_people_one_after_the_other,
])
