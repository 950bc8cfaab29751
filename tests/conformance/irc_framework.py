#!/usr/bin/env python3
"""npm's irc-framework with the real server. It is fetched into a folder of its own, which goes
away again; nothing of it is part of this tree. Needs node and npm."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from irc_support import Piped, before_anybody_came, end_all, needs  # noqa: E402
from server_support import Server, Skip, folder, run_tests  # noqa: E402

FETCH_LIMIT_S = 120


def fetch(home):
    done = subprocess.run(
        ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", home,
         "irc-framework@4"], capture_output=True, text=True, timeout=FETCH_LIMIT_S, cwd=home)
    if done.returncode:
        raise Skip("npm cannot fetch irc-framework: " + " ".join(done.stderr.split()[-12:]))


def irc_framework_is_at_home():
    needs("node")
    needs("npm")
    with folder() as home, Server() as server:
        fetch(home)
        ann = before_anybody_came(server)
        environment = {**os.environ, "NODE_PATH": os.path.join(home, "node_modules")}
        ian = Piped(["node", os.path.join(HERE, "irc_framework.js"), str(server.port)],
                    env=environment)
        ann.wait(r"\[SYSTEM\] Ian has joined the chat$")
        for event in ("registered", "join Ian #lobby", "userlist Ann,Ian",
                      "privmsg Ann #lobby said before anybody came"):
            ian.wait_part(event + "\n")
        ann.say("Ian, answer")
        ann.wait(r"\] Ian: answered$")
        ann.wait(r"\[PM from Ian\] psst$")
        ann.wait(r"\] \* Ian waves$")
        for event in ("network hobnob", "privmsg Ian #lobby answered", "privmsg Ian Ann psst",
                      "action Ian #lobby waves", "whois Ann hobnob"):
            ian.wait_part(event + "\n")
        ann.say("/topic the harbour at night")
        ian.wait_part("topic the harbour at night\n")
        ann.say("/pm Ian Ian, leave")
        ian.wait_part("privmsg Ann Ian Ian, leave\n")
        ann.wait(r"\[SYSTEM\] Ian has left the chat \(bye\)$")
        assert ian.process.wait(20) == 0, ian.output.text


try:
    run_tests([irc_framework_is_at_home])
finally:
    end_all()
