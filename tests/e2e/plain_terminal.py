#!/usr/bin/env python3
"""A person at telnet, with the real server and somebody at nc."""

from client_support import Screen, run_screen_tests
from irc_support import before_anybody_came, end_all, needs
from server_support import Server


def telnet_is_at_home_also_after_an_interrupt():
    needs("telnet")
    with Server() as server:
        ann = before_anybody_came(server)
        with Screen("127.0.0.1", str(server.port), program="telnet") as screen:
            screen.wait_part("Escape character")
            screen.say("Tom")
            screen.wait_part("said before anybody came")
            ann.wait(r"\[SYSTEM\] Tom has joined the chat$")
            screen.say("hello Ann, grüß dich")
            ann.wait(r"\] Tom: hello Ann, grüß dich$")
            ann.say("hello Tom 漢字")
            screen.wait_part("Ann: hello Tom 漢字")
            screen.type("never se")
            screen.keys("C-c")
            screen.wait_part("^C")
            ann.say("can you still read?")
            screen.wait_part("Ann: can you still read?")
            screen.say("yes, I can")
            ann.wait(r"\] Tom: yes, I can$")
            screen.say("/quit bye")
            ann.wait(r"\[SYSTEM\] Tom has left the chat \(bye\)$")
            screen.wait_part("Connection closed by foreign host.")


try:
    run_screen_tests([telnet_is_at_home_also_after_an_interrupt])
finally:
    end_all()
