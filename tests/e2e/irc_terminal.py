#!/usr/bin/env python3
"""IRC clients on a terminal, with the real server: irssi, tinyirc."""

import re

from client_support import Screen, run_screen_tests
from irc_support import before_anybody_came, converse, end_all, needs
from server_support import Server, folder


def irssi_is_at_home_in_tls():
    irssi_is_at_home(tls=True)


def irssi_is_at_home(tls=False):
    needs("irssi")
    with folder() as home, Server() as server:
        ann = before_anybody_came(server)
        to = ["-c", "127.0.0.1", "-p", str(server.port)]
        with Screen("irssi", "--home", home, "-n", "Ian", *([] if tls else to), columns=120,
                    program="env") as screen:
            if tls:
                # Nobody has signed the server's own certificate, but it is known by its fingerprint.
                pin = ":".join(re.findall("..", server.fingerprint().upper()))
                screen.wait_part("Irssi")
                screen.say(f"/connect -tls -tls_pinned_cert {pin} 127.0.0.1 {server.port}")
            screen.wait_part("are supported by this server")
            screen.say("/set -clear autocreate_query_level")
            screen.say("/join #lobby")
            screen.wait_part("Total of 2 nicks")

            def wait_part(part):
                if part != "just for you":
                    screen.wait_part(part)
                    return
                screen.say("/window goto 1")
                screen.wait_part(part)
                screen.say("/window goto 2")

            converse(ann, screen.say, wait_part, lambda text: screen.say(f"/msg Ann {text}"),
                     leave=lambda: screen.say("/quit bye"))
            ann.wait(r"Ian has left the chat \(bye\)$")


def tinyirc_is_at_home():
    needs("tinyirc")
    with folder() as home, Server() as server:
        ann = before_anybody_came(server)
        with Screen("HOME=" + home, "tinyirc", "Ian", "127.0.0.1", str(server.port), columns=120,
                    program="env") as screen:
            screen.wait_part("MOTD")
            screen.say("/join #lobby")
            converse(ann, screen.say, screen.wait_part, lambda text: screen.say(f"/msg Ann {text}"),
                     leave=lambda: screen.say("/quit"))


try:
    run_screen_tests([irssi_is_at_home, irssi_is_at_home_in_tls, tinyirc_is_at_home])
finally:
    end_all()
