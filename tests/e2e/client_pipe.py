#!/usr/bin/env python3
"""hobnob in a pipe: what it sends, what it prints where, and with which status it ends."""

import fcntl
import os
import signal
import socket
import subprocess
import tempfile

from client_support import (RULE, FakeServer, equal, finish, free_port, run, run_pipe_tests,
                            start, wait_until)


def a_line_is_said_and_standard_output_stays_clean():
    with FakeServer() as server:
        process = start("--name", "bot", server.address)
        process.stdin.write(b"hi\n")
        process.stdin.close()
        process.stdin = None
        peer = server.accept("bot")
        equal(peer.lines(), ["hi", "/quit"])
        peer.send("[SYSTEM] Goodbye.\n")
        assert process.poll() is None, "it did not wait for the server"
        peer.close()
        equal(finish(process), (
            0, f"{RULE}\nWelcome to Test, bot!\nType '/help' for commands\n{RULE}\n"
               "[SYSTEM] Goodbye.\n",
            f"Connecting to {server.address}…\n✓ Connected successfully!\n"
            "Disconnected from chat server.\n"))


def said_by(*arguments, given=b"", stdin=None):
    """What a server gets that takes everything, and how hobnob ends."""
    with FakeServer() as server, tempfile.TemporaryFile() as file:
        file.write(given)
        file.seek(0)
        process = start("--name", "bot", server.address, *arguments, stdin=stdin or file)
        peer = server.accept("bot")
        lines = peer.lines()
        peer.close()
        return lines, finish(process)


def the_end_of_a_line_may_be_missing_or_of_two_characters():
    lines, (status, _, _) = said_by(given=b"one\r\n\n  \ntwo")
    equal((status, lines), (0, ["one", "two", "/quit"]))


def files_and_dev_null_are_read_as_well():
    lines, (status, _, _) = said_by(given=b"".join(b"line %d\n" % i for i in range(10000)))
    equal((status, lines), (0, [f"line {i}" for i in range(10000)] + ["/quit"]))
    lines, (status, _, _) = said_by(stdin=subprocess.DEVNULL)
    equal((status, lines), (0, ["/quit"]))


def nothing_is_sent_before_the_name_is_accepted():
    with FakeServer() as server:
        process = start("--name", "Bob", server.address)
        process.stdin.write(b"secret\n")
        process.stdin.flush()
        peer = server.accept()
        equal(peer.line(), "Bob")
        peer.send('[SYSTEM] The name "Bob" is taken. Choose another:\n')
        equal(peer.line(), None)
        status, out, err = finish(process, b"")
        equal((status, out), (77, ""))
        equal(err.splitlines()[-1], 'The name "Bob" is taken. Choose another with --name.')


def what_cannot_be_reached_has_its_own_status():
    status, out, err = run("--name", "bot", "--port", str(free_port()))
    equal((status, out, len(err.splitlines())), (69, "", 2))
    status, out, err = run("--name", "bot", "no-such-host.invalid")
    equal((status, out, len(err.splitlines())), (68, "", 2))


def wrong_use_is_a_sentence_and_status_2():
    for arguments in (["--port", "none"], ["--what"], ["a", "b"], ["--name", "a\nb"], []):
        status, out, err = run(*arguments)
        equal((status, out), (2, ""))
        assert err.strip().endswith((".", "--help")), err


def memory_of(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def a_big_pipe_is_read_as_fast_as_the_server_takes_it():
    count = 200000
    with FakeServer(receive_buffer=16384) as server, tempfile.TemporaryFile() as file:
        file.write(b"".join(b"%06d " % i + b"x" * 100 + b"\n" for i in range(count)))
        file.seek(0)
        process = start("--name", "bot", server.address, stdin=file)
        peer = server.accept("bot")
        equal(peer.line()[:6], "000000")
        before = memory_of(process)
        for i in range(1, count):
            line = peer.line()
            if int(line[:6]) != i or len(line) != 107:
                raise AssertionError(f"line {i} is {line!r}")
            if i == count // 2:
                assert memory_of(process) < before + 16384, "it keeps what is not sent"
                position = os.lseek(file.fileno(), 0, os.SEEK_CUR)
                assert position < count * 108 - 65536, "it has read everything"
        equal(peer.lines(), ["/quit"])
        peer.close()
        equal(finish(process)[0], 0)


def a_line_that_is_too_long_is_said_to_be_so():
    lines, (status, _, err) = said_by(given=b"x" * 4096 + b"\n" + b"y" * 4097 + b"\nz\n")
    equal((status, lines), (65, ["x" * 4096, "z", "/quit"]))
    assert "That line was not sent: a line may have 4096 bytes." in err, err
    lines, (status, _, err) = said_by(given=b"a\n" + b"y" * 2000000)
    equal((status, lines), (65, ["a", "/quit"]))


def a_lost_connection_comes_back_with_what_was_not_sent():
    with FakeServer() as server:
        process = start("--name", "bot", server.address)
        process.stdin.write(b"one\n")
        process.stdin.flush()
        peer = server.accept("bot")
        equal(peer.line(), "one")
        peer.close()
        error = b""
        while b"Trying again" not in error:
            error += os.read(process.stderr.fileno(), 4096)
        process.stdin.write(b"two\n")
        process.stdin.close()
        process.stdin = None
        peer = server.accept()
        equal(peer.line(), "bot")
        peer.send('[SYSTEM] The name "bot" is taken. Choose another:\n')
        equal(peer.line(), None)
        peer = server.accept("bot")
        equal(peer.lines(), ["two", "/quit"])
        peer.close()
        status, _, err = finish(process)
        equal(status, 0)
        assert "still held by the lost connection" in err, err


def signals_leave():
    for number in (signal.SIGINT, signal.SIGTERM):
        with FakeServer() as server:
            process = start("--name", "bot", server.address)
            peer = server.accept("bot")
            wait_until(lambda: b"Welcome" in os.read(process.stdout.fileno(), 4096), "no welcome")
            process.send_signal(number)
            peer.expect_leave()
            equal(finish(process)[0], 0)


def a_reader_that_goes_away_ends_it():
    with FakeServer() as server:
        process = start("--name", "bot", server.address)
        peer = server.accept("bot")
        process.stdout.close()
        process.stdout = None
        peer.send("somebody says something\n")
        equal(peer.line(), None)
        equal(finish(process)[0], 74)


def what_others_share_stays_blocking():
    reading, writing = os.pipe()
    os.write(writing, b"hi\n")
    with FakeServer() as server:
        process = start("--name", "bot", server.address, stdin=reading)
        peer = server.accept("bot")
        equal(peer.line(), "hi")
        equal(fcntl.fcntl(reading, fcntl.F_GETFL) & os.O_NONBLOCK, 0)
        os.close(writing)
        peer.expect_leave()
        equal(finish(process)[0], 0)
    os.close(reading)


def relay_says_and_leaves_with_exit():
    with FakeServer() as server:
        process = start("--relay", server.address)
        process.stdin.write(b"hi\n")
        process.stdin.close()
        process.stdin = None
        peer = server.accept()
        equal([peer.line(), peer.line()], ["hi", "exit"])
        peer.send("51045: hello\n")
        peer.close()
        status, out, err = finish(process)
        equal((status, out), (0, "51045: hello\n"))
        assert "Connected to chat server. Type 'exit' to leave." in err, err


def a_relay_that_ends_no_line_is_understood():
    with FakeServer() as server:
        process = start("--relay", server.address)
        peer = server.accept()
        for text in ("51045: hello", "51046: again"):
            peer.send(text)
            out = b""
            while not out.endswith(b"\n"):
                out += os.read(process.stdout.fileno(), 4096)
            equal(out.decode(), text + "\n")
        process.stdin.close()
        process.stdin = None
        peer.expect_leave("exit")
        equal(finish(process)[0], 0)


def a70_the_output_holds_no_control_codes():
    with FakeServer() as server:
        process = start("--name", "bot", server.address)
        peer = server.accept("bot")
        peer.send(b"a\x1b]52;c;ZXZpbA==\x07\xc2\x9b2J\xff\x00\rb\n")
        process.stdin.close()
        process.stdin = None
        equal(peer.line(), "/quit")
        peer.close()
        status, out, _ = finish(process)
        equal((status, out.splitlines()[-1]),
              (0, "a\\x1b]52;c;ZXZpbA==\\x07\\x9b2J\\xff\\x00\\x0db"))


def a72_a_line_without_end_costs_no_memory():
    with FakeServer() as server:
        process = start("--name", "bot", server.address)
        peer = server.accept("bot")
        peer.send("x" * 70000 + "\nafter\n")
        out = b""
        while b"after\n" not in out:
            out += os.read(process.stdout.fileno(), 65536)
        assert b"xxx" not in out
        before = memory_of(process)
        try:
            for _ in range(100):
                peer.send("x" * 100000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        peer = server.accept("bot")
        assert memory_of(process) < before + 8192, "it keeps an endless line"
        process.stdin.close()
        process.stdin = None
        peer.expect_leave()
        status, _, err = finish(process)
        equal(status, 0)
        assert "too long to be shown" in err, err
        assert "the server sent a line without an end" in err, err


def a72_rubbish_is_survived():
    with FakeServer() as server:
        process = start("--name", "bot", server.address)
        peer = server.accept()
        equal(peer.line(), "bot")
        peer.send(os.urandom(200000).replace(b"=", b"-"))
        peer.socket.shutdown(socket.SHUT_WR)
        status, _, err = finish(process, b"")
        equal(status, 69)
        assert "AddressSanitizer" not in err, err


run_pipe_tests([value for value in list(globals().values())
                if getattr(value, "__module__", None) == "__main__"
                and value not in (said_by, memory_of)])
