"""What the end-to-end tests of hobnob share: a server that does what a test says, hobnob in a
pipe, and hobnob on a terminal's screen (tmux)."""

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

from server_support import LIMIT_S, PATTERN, PROGRAM, equal, free_port, run_tests  # noqa: F401

HOBNOB = os.path.abspath(os.environ.get("HOBNOB", "build/debug/hobnob"))
RULE = "=" * 50


def wait_until(condition, what):
    """Waits until condition() gives something true, and returns it."""
    end = time.monotonic() + LIMIT_S
    while not (value := condition()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.01)
    return value


def equal_lines(actual, expected):
    for got, wanted in zip(actual, expected):
        equal(got, wanted)
    equal(len(actual), len(expected))


class FakeServer:
    """Listens on a port of its own; the test is what answers."""

    def __init__(self, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.socket.settimeout(LIMIT_S)
        self.port = self.socket.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def accept(self, name=None):
        """The next connection; with a name, one that is let in under it."""
        peer = Peer(self.socket.accept()[0])
        if name:
            equal(peer.line(), name)
            peer.welcome(name)
        return peer


class Peer:
    """The server's side of a connection."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(LIMIT_S)
        self.bytes = b""

    def line(self):
        """The next line, or None at the end."""
        while b"\n" not in self.bytes:
            try:
                got = self.socket.recv(65536)
            except ConnectionResetError:  # closed with something unread
                got = b""
            if not got:
                assert not self.bytes, f"half a line: {self.bytes!r}"
                return None
            self.bytes += got
        line, _, self.bytes = self.bytes.partition(b"\n")
        return line.decode("utf-8", "replace")

    def lines(self):
        """All lines up to /quit or the end."""
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
            if line == "/quit":
                break
        return lines

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def welcome(self, name):
        self.send(f"{RULE}\nWelcome to Test, {name}!\nType '/help' for commands\n{RULE}\n")

    def close(self):
        self.socket.close()

    def expect_leave(self, with_line="/quit"):
        equal(self.line(), with_line)
        self.close()


# What AddressSanitizer keeps of freed memory would count as hobnob's.
ENVIRONMENT = {**os.environ,
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0"}
started = []


def start(*arguments, environment=None, **streams):
    """hobnob in a pipe."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
               **streams}
    started.append(subprocess.Popen([HOBNOB, *arguments], env={**ENVIRONMENT, **(environment or {})},
                                    **streams))
    return started[-1]


def finish(process, given=None):
    """Gives it its input and returns status, standard output and standard error."""
    try:
        out, err = process.communicate(given, LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, (out or b"").decode(), (err or b"").decode()


def run_pipe_tests(tests):
    try:
        run_tests(tests)
    finally:
        for process in started:  # what a failed test has left
            process.kill()


def run(*arguments, given=b"", environment=None):
    return finish(start(*arguments, environment=environment), given)


class Screen:
    """hobnob on a terminal. What runs is a shell that says the exit status and then waits."""

    server = None  # the tmux that all screens of one program share
    count = 0

    def __init__(self, *arguments, columns=80, rows=24, program=HOBNOB, environment=""):
        command = " ".join(map(shlex.quote, [program, *arguments]))
        if not Screen.server:
            Screen.server = os.path.join(tempfile.mkdtemp(prefix="hobnob-tmux-"), "socket")
            # Without a session that stays, tmux ends with the first screen that is closed.
            self.tmux("new-session", "-d", "-s", "stays", "exec cat")
        Screen.count += 1
        self.name = f"s{Screen.count}"
        self.tmux("new-session", "-d", "-s", self.name, "-x", str(columns), "-y", str(rows),
                  f"{environment} {command}; echo status $?; exec cat")

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-S", Screen.server, "-f", "/dev/null", *arguments],
                              capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-session", "-t", self.name)

    @staticmethod
    def end_all():
        if Screen.server:
            subprocess.run(["tmux", "-S", Screen.server, "kill-server"], capture_output=True)
            shutil.rmtree(os.path.dirname(Screen.server), ignore_errors=True)

    def keys(self, *names):
        self.tmux("send-keys", "-t", self.name, *names)

    def type(self, text):
        self.tmux("send-keys", "-t", self.name, "-l", text)

    def say(self, text):
        self.type(text)
        self.keys("Enter")

    def get(self, variable):
        return self.tmux("display-message", "-p", "-t", self.name, "#{" + variable + "}").strip()

    def lines(self):
        """All lines, also those that have scrolled away; wrapped ones are one."""
        text = self.tmux("capture-pane", "-p", "-J", "-S", "-", "-t", self.name)
        return [line.rstrip() for line in text.rstrip().split("\n")]

    def wait(self, line):
        """Waits until the line is on the screen."""
        wait_until(lambda: line in self.lines(), lambda: f"no {line!r} in {self.lines()}")

    def wait_part(self, part):
        wait_until(lambda: part in "\n".join(self.lines()),
                   lambda: f"no {part!r} in {self.lines()}")

    def wait_last(self, line):
        """Waits until the line is the last one on the screen."""
        wait_until(lambda: self.lines()[-1] == line, lambda: f"no {line!r} at the end of {self.lines()}")

    def resize(self, columns, rows):
        self.tmux("resize-window", "-t", self.name, "-x", str(columns), "-y", str(rows))


def run_screen_tests(tests):
    if not shutil.which("tmux"):
        for test in tests:
            print(f"skip {test.__name__} it needs tmux")
        return
    try:
        run_tests(tests)
    finally:
        Screen.end_all()
