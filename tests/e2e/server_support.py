"""What the end-to-end tests of hobnobd share: a server, people who talk to it, and results."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HOBNOBD = os.environ.get("HOBNOBD", "build/debug/hobnobd")
PATTERN = os.environ.get("TEST_PATTERN", "")
PROGRAM = os.environ.get("TEST_PROGRAM", "")
LIMIT_S = 20  # for anything that has to come; only a broken server needs it


class Output:
    """What a descriptor gives, gathered by a thread."""

    def __init__(self, descriptor):
        self.text = ""
        self.ended = False
        self.changed = threading.Condition()
        # A descriptor of its own: whoever has the other may close it, and its number be given again.
        own = os.dup(descriptor)
        threading.Thread(target=self.gather, args=(own,), daemon=True).start()

    def gather(self, descriptor):
        with os.fdopen(descriptor, "rb", buffering=0) as stream:
            self.gather_from(stream)

    def gather_from(self, stream):
        while True:
            try:
                got = stream.read(65536)
            except OSError:  # a pseudo terminal whose other side is closed
                got = b""
            with self.changed:
                self.text += got.decode("utf-8", "replace")
                self.ended = not got
                self.changed.notify_all()
            if not got:
                return

    def wait(self, pattern):
        """Waits until the pattern is there and returns the match."""
        with self.changed:
            found = self.changed.wait_for(
                lambda: re.search(pattern, self.text, re.M) or self.ended, LIMIT_S)
            match = re.search(pattern, self.text, re.M)
            assert match, f"no {pattern!r} in {self.text!r} ({'ended' if found else 'too late'})"
            return match

    def wait_end(self):
        with self.changed:
            assert self.changed.wait_for(lambda: self.ended, LIMIT_S), "it does not end"
            return self.text


class Server:
    """hobnobd on a free port of this machine. Its standard output and error are `output`; with
    `terminal`, a terminal is its standard output, and `errors` its standard error. With
    `ready` false it is not waited for, and prints to the descriptor `to` if that is given.
    `prepare` is called in its process before it starts."""

    def __init__(self, *arguments, data=None, listen=("any://127.0.0.1:0",), terminal=False,
                 ready=True, to=None, prepare=None):
        command = [HOBNOBD, *arguments]
        command += ["--data", data] if data else ["--ephemeral"]
        for uri in listen:
            command += ["--listen", uri]
        ours, theirs = os.openpty() if terminal else (None, to or subprocess.PIPE)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs,
                                        stderr=subprocess.PIPE if terminal else subprocess.STDOUT,
                                        preexec_fn=prepare)
        if terminal:
            os.close(theirs)
            self.errors = Output(self.process.stderr.fileno())
        if not to:
            self.output = Output(ours or self.process.stdout.fileno())
        if ready:
            self.port = self.wait_ready()

    def wait_ready(self):
        try:
            return int(self.output.wait(r"istening on 127\.0\.0\.1:(\d+)")[1])
        except AssertionError:
            self.process.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def fingerprint(self):
        """That of its own certificate, as it prints it."""
        return self.output.wait(r"fingerprint \(SHA-256\) is ([0-9a-f]{64})")[1]

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Returns the exit status and the seconds that it took."""
        start = time.monotonic()
        self.send(number)
        return self.process.wait(LIMIT_S), time.monotonic() - start

    def person(self, name=None, port=None, password=None):
        return Person(port or self.port, name, password=password)


class Person:
    """Somebody with a plain connection."""

    def __init__(self, port, name=None, host="127.0.0.1", password=None):
        self.socket = socket.create_connection((host, port), LIMIT_S)
        self.socket.settimeout(LIMIT_S)
        self.port = self.socket.getsockname()[1]
        self.text = ""
        if name:
            self.say(name)
            if password:
                self.wait("password")
                self.say(password)
            self.wait(r"^Online Users .*\n=+\n")

    def say(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def wait(self, pattern):
        """Reads until the pattern is there, returns the match, and forgets all up to its end."""
        while not (match := re.search(pattern, self.text, re.M)):
            got = self.socket.recv(65536)
            assert got, f"no {pattern!r} in {self.text!r}, and the connection is closed"
            self.text += got.decode("utf-8", "replace")
        self.text = self.text[match.end():]
        return match

    def rest(self):
        """Everything up to the end of the connection."""
        while got := self.socket.recv(65536):
            self.text += got.decode("utf-8", "replace")
        return self.text

    def leave(self):
        self.say("/quit")
        self.rest()
        self.socket.close()


def run(*arguments, environment=None):
    """Runs hobnobd to its end: exit status, standard output, standard error."""
    done = subprocess.run([HOBNOBD, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=LIMIT_S, env=environment)
    return done.returncode, done.stdout, done.stderr


def free_port():
    """A port that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def person_when_ready(port, name):
    """For servers that do not say when they listen."""
    end = time.monotonic() + LIMIT_S
    while True:
        try:
            return Person(port, name)
        except ConnectionRefusedError:
            assert time.monotonic() < end, "nobody listens"


def equal(actual, expected):
    assert actual == expected, f"got {actual!r}, expected {expected!r}"


def folder():
    """A new folder, which goes away with the test."""
    return tempfile.TemporaryDirectory(prefix="hobnob-")


class Skip(Exception):
    """This machine lacks what the test needs."""


def run_tests(tests):
    failed = 0
    for test in tests:
        name = test.__name__
        if PATTERN and PATTERN not in f"{PROGRAM}/{name}":
            continue
        try:
            test()
            print(f"ok {name}", flush=True)
        except Skip as reason:
            print(f"skip {name} {reason}", flush=True)
        except Exception:  # also a time-out
            traceback.print_exc(file=sys.stdout)
            print(f"FAIL {name}", flush=True)
            failed += 1
    sys.exit(1 if failed else 0)
