#!/usr/bin/env python3
"""hobnob with the real server: people on terminals and in pipes talk with each other."""

import re

from client_support import Screen, equal, finish, run, run_screen_tests, start
from server_support import Server, folder


def ann_and_bob_talk():
    with Server() as server:
        address = f"127.0.0.1:{server.port}"
        with Screen("--name", "Ann", address) as ann:
            ann.wait("Online Users (1): Ann")
            ann.wait_last("You:")
            with Screen(address) as bob:
                bob.wait_last("Enter your username:")
                bob.say("Ann")
                bob.wait('[SYSTEM] The name "Ann" is taken. Choose another:')
                bob.wait_last("Enter your username:")
                bob.say("Bob")
                bob.wait("Online Users (2): Ann, Bob")
                ann.wait_part("[SYSTEM] Bob has joined the chat")
                bob.type("Hi Ann, this is half")
                ann.say("Hello Böb 漢字!")
                bob.wait_part("] Ann: Hello Böb 漢字!")
                bob.wait_last("You: Hi Ann, this is half")
                bob.say(" typed")
                ann.wait_part("] Bob: Hi Ann, this is half typed")
                ann.say("/pm Bob psst")
                bob.wait_part("[PM from Ann] psst")
                ann.wait_part("[PM to Bob] psst")
                bob.say("/quit")
                bob.wait_last("status 0")
                equal(bob.lines()[-3:], ["[SYSTEM] Goodbye.", "Disconnected from chat server.",
                                         "status 0"])
            ann.wait_part("[SYSTEM] Bob has left the chat")
            ann.keys("C-c")
            ann.wait_last("status 0")


def a_piped_line_is_kept_when_hobnob_has_ended():
    with Server() as server:
        address = f"127.0.0.1:{server.port}"
        status, _, _ = run("--name", "bot", address, given=b"hi\n")
        equal(status, 0)
        ann = server.person("Ann")
        ann.wait(r"bot: hi$")


def a_taken_name_ends_a_pipe_with_77():
    with Server() as server:
        bob = server.person("Bob")
        status, out, err = run("--name", "bob", f"127.0.0.1:{server.port}", given=b"hi\n")
        equal((status, out), (77, ""))
        equal(err.splitlines()[-1], 'The name "bob" is taken. Choose another with --name.')
        bob.leave()


def ten_thousand_piped_lines_are_kept_in_order():
    with Server("--no-limits-for", "127.0.0.1") as server:
        process = start("--name", "bot", f"127.0.0.1:{server.port}")
        status, _, _ = finish(process, b"".join(b"line %d\n" % i for i in range(10000)))
        equal(status, 0)
        ann = server.person("Ann")
        ann.say("/history 500")
        for i in range(9500, 10000):
            ann.wait(rf"bot: line {i}$")


def people_who_are_thrown_out_come_back():
    with folder() as data:
        with Server(data=data) as server:
            port = server.port
            ann = Screen("--name", "Ann", f"127.0.0.1:{port}")
            ann.wait_last("You:")
            ann.wait("Online Users (1): Ann")
            ann.type("half")
            server.stop()
            ann.wait_part("[SYSTEM] The server is shutting down")
            ann.wait_part("Disconnected: the server closed the connection. Trying again in")
            ann.wait_last("You: half")
            ann.say(" a line")
        with ann, Server(data=data, listen=(f"any://127.0.0.1:{port}",)) as server:
            ann.wait("✓ Connected again.")
            bob = server.person("Bob")
            ann.wait_part("[SYSTEM] Bob has joined the chat")
            bob.say("welcome back")
            ann.wait_part("] Bob: welcome back")
            cleo = server.person("Cleo")
            cleo.wait(r"Ann: half a line$")


def what_was_typed_for_a_room_comes_to_that_room_alone():
    with folder() as data:
        with Server(data=data) as server:
            port = server.port
            ann = Screen("--name", "Ann", f"127.0.0.1:{port}")
            ann.wait("Online Users (1): Ann")
            ann.say("/join #dev")
            ann.wait_part("[SYSTEM] You are in #dev now, with 1 here.")
            server.stop()
            ann.wait_part("Trying again in")
            ann.say("for dev alone")
        with ann, Server(data=data, listen=(f"any://127.0.0.1:{port}",)) as server:
            ann.wait("✓ Connected again.")
            bob = server.person("Bob")
            bob.say("/join #dev")
            bob.wait(r"Ann: for dev alone$")
            bob.say("/room #lobby")
            bob.say("/history")
            bob.wait(r"Nothing has been said in #lobby yet\.$")


def relay_people_see_ports():
    with Server(listen=("any://127.0.0.1:0", "relay://127.0.0.1:0")) as server:
        port = int(server.output.wait(r"127\.0\.0\.1:(?!%d\b)(\d+)" % server.port)[1])
        with Screen("--relay", f"127.0.0.1:{port}") as one, \
                Screen("--relay", f"127.0.0.1:{port}") as two:
            for screen in (one, two):
                screen.wait("Connected to chat server. Type 'exit' to leave.")
            one.say("Hi!")
            two.wait_part(": Hi!")
            assert re.search(r"^\d+: Hi!$", "\n".join(two.lines()), re.M), two.lines()
            one.say("exit")
            one.wait_last("status 0")
            two.say("QUIT")
            two.wait_last("status 0")


run_screen_tests([value for name, value in list(globals().items())
                  if getattr(value, "__module__", None) == "__main__"])
