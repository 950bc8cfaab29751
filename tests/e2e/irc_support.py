"""What the tests with other people's IRC clients share: a neighbour with a plain connection, a
conversation with whoever uses the client, and clients in pipes. Clients on a terminal are
client_support.Screen."""

import os
import shutil
import subprocess
import time

from server_support import LIMIT_S, Output, Skip

started = []


def needs(program):
    if not shutil.which(program):
        raise Skip(f"it needs {program}")


class Neighbour:
    """Ann, who has nothing but nc."""

    def __init__(self, server):
        self.process = spawn(["nc", "127.0.0.1", str(server.port)])
        self.output = Output(self.process.stdout.fileno())
        self.say("Ann")
        self.wait(r"^Online Users .*\n=+\n")

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def wait(self, pattern):
        return self.output.wait(pattern)


def spawn(command, **more):
    """A program in pipes; it ends with the tests at the latest."""
    started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, **more))
    return started[-1]


def end_all():
    for process in started:
        process.kill()
        process.wait()


class Piped:
    """A client that reads commands and prints what it gets."""

    def __init__(self, command, **more):
        self.process = spawn(command, **more)
        self.output = Output(self.process.stdout.fileno())

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def wait_part(self, part):
        with self.output.changed:
            assert self.output.changed.wait_for(lambda: part in self.output.text, LIMIT_S), \
                f"no {part!r} in {self.output.text!r}"


def wait_for_file(path, part):
    end = time.monotonic() + LIMIT_S
    text = None
    while text is None or part not in text:
        assert time.monotonic() < end, f"no {part!r} in {path}: {text!r}"
        time.sleep(0.01)
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()


def before_anybody_came(server):
    """Ann, who has said something that is history now."""
    ann = Neighbour(server)
    ann.say("said before anybody came")
    ann.say("/history 1")
    ann.wait(r"\] Ann: said before anybody came$")
    return ann


def converse(ann, say, wait_part, private, leave):
    """`say` makes Ian's client say something in #lobby, where he is; `wait_part` waits for what
    it shows; `private` makes it write to Ann alone, `leave` makes it leave with a reason."""
    ann.wait(r"\[SYSTEM\] Ian has joined the chat$")
    wait_part("said before anybody came")
    say("hello Ann, grüß dich")
    ann.wait(r"\] Ian: hello Ann, grüß dich$")
    ann.say("hello Ian 漢字")
    wait_part("hello Ian 漢字")
    ann.say("/me waves")
    wait_part("waves")
    ann.say("/pm Ian just for you")
    wait_part("just for you")
    private("psst")
    ann.wait(r"\[PM from Ian\] psst$")
    ann.say("/topic the harbour at night")
    wait_part("the harbour at night")
    leave()
    ann.wait(r"\[SYSTEM\] Ian has left (the chat|#lobby)")
