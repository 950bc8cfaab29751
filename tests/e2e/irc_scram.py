#!/usr/bin/env python3
"""SASL SCRAM-SHA-256 from another implementation of it, which checks the server's proof as well, and
what a password needs that was set before the setting was on."""

import base64
import hashlib
import hmac
import os
import re
import signal
import socket

from server_support import LIMIT_S, Server, equal, folder, run_tests

PASSWORD = "correct horse battery"


def mac(key, text):
    return hmac.new(key, text.encode(), "sha256").digest()


def encoded(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


class Client:
    """Somebody with an IRC connection who has not registered it."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), LIMIT_S)
        self.socket.settimeout(LIMIT_S)
        self.file = self.socket.makefile("r", encoding="utf-8", newline="\r\n")
        self.ask("CAP REQ :sasl draft/account-registration", " ACK ")

    def ask(self, line, pattern):
        self.socket.sendall(line.encode() + b"\r\n")
        while True:
            answer = self.file.readline()
            assert answer, f"no {pattern!r}"
            found = re.search(pattern, answer)
            if found:
                return found

    def challenge(self, name):
        """Begins; returns the client's message and the server's."""
        self.ask("AUTHENTICATE SCRAM-SHA-256", r"AUTHENTICATE \+")
        first = f"n={name},r={encoded(os.urandom(18))}"
        answer = self.ask("AUTHENTICATE " + encoded("n,," + first), r"AUTHENTICATE (\S+)")[1]
        return first, base64.b64decode(answer).decode()

    def log_in(self, name, password):
        """The numeric at the end."""
        first, challenge = self.challenge(name)
        nonce, salt, rounds = re.fullmatch(r"r=(.*),s=(.*),i=(\d+)", challenge).groups()
        assert nonce.startswith(first.split(",r=")[1]), challenge
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt),
                                     int(rounds))
        key = mac(salted, "Client Key")
        final = f"c=biws,r={nonce}"
        messages = f"{first},{challenge},{final}"
        signature = mac(hashlib.sha256(key).digest(), messages)
        proof = bytes(a ^ b for a, b in zip(key, signature))
        answer = self.ask("AUTHENTICATE " + encoded(f"{final},p={encoded(proof)}"),
                          r"AUTHENTICATE (\S+)| (904) ")
        if answer[2]:
            return "904"
        expected = f"v={encoded(mac(mac(salted, 'Server Key'), messages))}"
        equal(base64.b64decode(answer[1]).decode(), expected)
        return self.ask("AUTHENTICATE +", r" (903|904) ")[1]

    def log_in_plain(self, name, password):
        self.ask("AUTHENTICATE PLAIN", r"AUTHENTICATE \+")
        return self.ask("AUTHENTICATE " + encoded(f"\0{name}\0{password}"), r" (903|904) ")[1]

    def register(self, name):
        self.ask(f"NICK {name}\r\nREGISTER * * :{PASSWORD}", "REGISTER SUCCESS")

    def close(self):
        self.socket.close()


def configure(data, scram):
    path = os.path.join(data, "hobnobd.conf")
    with open(path, "w", encoding="ascii") as config:
        config.write(f"scram = {'yes' if scram else 'no'}\n")
    return path


def serve(data, scram):
    return Server("--config", configure(data, scram), "--no-limits-for", "127.0.0.1", data=data)


def attempt(server, how, *arguments):
    client = Client(server)
    result = getattr(client, how)(*arguments)
    client.close()
    return result


def who_knows_the_password_is_in():
    with folder() as data, serve(data, True) as server:
        attempt(server, "register", "Ann")
        equal(attempt(server, "log_in", "Ann", PASSWORD), "903")
        equal(attempt(server, "log_in", "ANN", PASSWORD), "903")
        equal(attempt(server, "log_in", "Ann@phone", PASSWORD), "903")
        equal(attempt(server, "log_in", "Ann", "another horse"), "904")
        equal(attempt(server, "log_in", "Bob", PASSWORD), "904")
        again = Client(server)
        equal(again.log_in("Ann", "another horse"), "904")
        equal(again.log_in("Ann", PASSWORD), "903")
        again.close()


def a_name_that_nobody_has_is_asked_like_any_other():
    with folder() as data, serve(data, True) as server:
        first = attempt(server, "challenge", "Bob")[1].split(",")[1:]
        second = attempt(server, "challenge", "bob")[1].split(",")[1:]
        other = attempt(server, "challenge", "Cid")[1].split(",")[1:]
        equal(first, second)
        assert first != other, other


def a_password_of_before_serves_once_it_was_used():
    with folder() as data:
        with serve(data, False) as server:
            attempt(server, "register", "Ann")
            client = Client(server)
            client.ask("AUTHENTICATE SCRAM-SHA-256", " 908 .* PLAIN,EXTERNAL ")
            client.close()
        with serve(data, True) as server:
            equal(attempt(server, "log_in", "Ann", PASSWORD), "904")
            equal(attempt(server, "log_in_plain", "Ann", PASSWORD), "903")
            equal(attempt(server, "log_in", "Ann", PASSWORD), "903")
            server.stop()
        with serve(data, True) as server:
            equal(attempt(server, "log_in", "Ann", PASSWORD), "903")
        with serve(data, False) as server:
            equal(attempt(server, "log_in_plain", "Ann", PASSWORD), "903")
            server.stop()
        with serve(data, True) as server:
            equal(attempt(server, "log_in", "Ann", PASSWORD), "904")


def who_is_there_is_told_that_it_is_offered():
    with folder() as data, serve(data, False) as server:
        client = Client(server)
        client.ask("CAP LS 302", " sasl=PLAIN,EXTERNAL ")
        configure(data, True)
        server.send(signal.SIGHUP)
        client.ask("PONG x", r" CAP \* NEW :.*sasl=PLAIN,EXTERNAL,SCRAM-SHA-256")
        client.close()


run_tests([
    who_knows_the_password_is_in,
    a_name_that_nobody_has_is_asked_like_any_other,
    a_password_of_before_serves_once_it_was_used,
    who_is_there_is_told_that_it_is_offered,
])
