#!/usr/bin/env python3
"""TLS as people meet it: the server's own certificate, one that is given, and clients."""

import os
import signal
import stat
import subprocess

from irc_support import needs
from server_support import LIMIT_S, Server, equal, folder, run, run_tests
from tls_support import Secure, make_certificate, write_config


def given(top, *more):
    """A folder with a certificate and a configuration that gives it."""
    pem = os.path.join(top, "given.pem")
    config = os.path.join(top, "hobnobd.conf")
    fingerprint = make_certificate(pem)
    write_config(config, f'tls_certificate = "{pem}"', f'tls_key = "{pem}"', *more)
    return pem, config, fingerprint


def one_is_made_at_the_first_start_and_kept():
    with folder() as data:
        fingerprints = []
        for _ in range(2):
            with Server(data=data) as server:
                said = server.fingerprint()
                ann = Secure(server.port, "Ann")
                equal(ann.fingerprint, said)
                ann.leave()
                fingerprints.append(said)
                equal(server.stop()[0], 0)
        equal(fingerprints[0], fingerprints[1])
        mode = os.stat(os.path.join(data, "tls.pem")).st_mode
        equal(stat.S_IMODE(mode), 0o600)


def one_in_memory_leaves_nothing():
    shown = set()
    for _ in range(2):
        with Server() as server:
            shown.add(server.fingerprint())
    equal(len(shown), 2)


def a_broken_one_of_its_own_is_said():
    with folder() as data:
        with open(os.path.join(data, "tls.pem"), "w", encoding="ascii") as file:
            file.write("not PEM\n")
        status, _, errors = run("--data", data, "--listen", "any://127.0.0.1:0")
        equal(status, 78)
        assert "tls.pem cannot be used: There is no certificate in PEM form" in errors, errors
        assert "remove it to have another one made" in errors, errors


def who_cannot_be_spoken_to_in_tls_makes_none():
    with folder() as data:
        with Server(data=data, listen=("relay://127.0.0.1:0",)) as server:
            equal(server.stop()[0], 0)
        assert not os.path.exists(os.path.join(data, "tls.pem"))


def a_given_one_is_shown():
    with folder() as top:
        _, config, fingerprint = given(top)
        with Server("--config", config) as server:
            server.output.wait(r"The certificate for TLS is the one in .*given\.pem, good until ")
            ann = Secure(server.port, "Ann")
            equal(ann.fingerprint, fingerprint)
            bob = server.person("Bob")
            ann.say("hello from within")
            bob.wait(r"Ann: hello from within$")
            ann.leave()
            equal(server.stop()[0], 0)
            assert "Replace it" not in server.output.wait_end()  # its end is far away


def another_one_drops_nobody():
    with folder() as top:
        pem, config, first = given(top)
        with Server("--config", config) as server:
            ann = Secure(server.port, "Ann")
            second = make_certificate(pem)
            server.send(signal.SIGHUP)
            server.output.wait("The configuration has been read again")
            bob = Secure(server.port, "Bob")
            equal((ann.fingerprint, bob.fingerprint), (first, second))
            # The same without a word, a few seconds later; and what cannot be used is not.
            with open(pem, "w", encoding="ascii") as file:
                file.write("half a file")
            server.output.wait(r"The certificate for TLS stays as it was\. .*no certificate in PEM")
            cid = Secure(server.port, "Cid")
            equal(cid.fingerprint, second)
            third = make_certificate(pem, days=10)
            server.output.wait(r"ends on \d{4}-\d\d-\d\d, in 9 days")
            dan = Secure(server.port, "Dan")
            equal(dan.fingerprint, third)
            ann.say("all of us")
            for person in (bob, cid, dan):
                person.wait(r"Ann: all of us$")
            equal(server.stop()[0], 0)


def what_cannot_be_used_is_said_at_the_start():
    with folder() as top:
        pem, config, _ = given(top)
        other = os.path.join(top, "other.pem")
        make_certificate(other)
        missing = os.path.join(top, "missing.pem")
        for lines, says in (
                ((f'tls_certificate = "{pem}"', f'tls_key = "{other}"'),
                 f"{pem} with {other} cannot be used: The key is not the one of the certificate."),
                ((f'tls_certificate = "{missing}"', f'tls_key = "{pem}"'),
                 f"{missing} cannot be read: No such file or directory."),
                ((f'tls_certificate = "{top}"', f'tls_key = "{pem}"'),
                 f"{top} cannot be read: "),
                ((f'tls_certificate = "{pem}"',),
                 "tls_certificate is set without tls_key: a certificate needs its key."),
                (("sts_port = 6697",), "sts_port is set without tls_certificate: ")):
            write_config(config, *lines)
            for more in (("--ephemeral", "--listen", "any://127.0.0.1:0"), ("--check-config",)):
                status, _, errors = run("--config", config, *more)
                equal(status, 78)
                assert errors.startswith(says), errors


def an_ended_one_is_said():
    with folder() as top:
        pem, config, _ = given(top)
        ended = os.path.join(top, "ended.pem")
        subprocess.run(["openssl", "x509", "-in", pem, "-signkey", pem, "-days", "-1", "-out",
                        ended], check=True, capture_output=True)
        write_config(config, f'tls_certificate = "{ended}"', f'tls_key = "{pem}"')
        with Server("--config", config) as server:
            server.output.wait(r"has ended on \d{4}-\d\d-\d\d: clients refuse it")


def irc_clients_are_told_where_tls_is():
    with folder() as top:
        _, config, _ = given(top, "sts_port = 6697", "sts_duration_s = 2592000")
        with Server("--config", config) as server:
            ann = server.person()
            ann.say("CAP LS 302\r")
            ann.wait(r"CAP \* LS :.* sts=port=6697\r$")
            ann.say("CAP REQ :sts\r")
            ann.wait(r"CAP \* NAK :sts\r$")
            old = server.person()
            old.say("CAP LS\r")
            assert " sts" not in old.wait(r"CAP \* LS :(.*)\r$")[1]
            bob = Secure(server.port)
            bob.say("CAP LS 302\r")
            bob.wait(r"CAP \* LS :.* sts=duration=2592000\r$")
    with Server() as server:
        ann = server.person()
        ann.say("CAP LS 302\r")
        assert " sts" not in ann.wait(r"CAP \* LS :(.*)\r$")[1]


def whois_says_who_is_secure():
    with folder() as top, Server() as server:
        pem = os.path.join(top, "ann.pem")
        fingerprint = make_certificate(pem)
        ann = Secure(server.port, certificate=pem)
        ann.register("Ann")
        bob = server.person()
        bob.say("NICK Bob\r\nUSER b 0 * :Bob\r\nWHOIS Ann\r")
        seen = bob.wait(r"(?s)( 311 .*) 318 ")[1]
        assert " 671 Bob Ann :is using a secure connection\r\n" in seen, seen
        assert " 276 " not in seen, seen
        ann.say("WHOIS Ann,Bob\r\nWHOIS Bob\r")
        ann.wait(rf" 276 Ann Ann :has client certificate fingerprint {fingerprint}\r$")
        assert " 671 " not in ann.wait(r"(?s) 311 Ann Bob (.*) 318 ")[1]
        server.send(signal.SIGUSR1)
        server.output.wait(rf"tls=yes certificate={fingerprint} user=Ann ")


def openssl_is_at_home():
    needs("openssl")
    with Server() as server:
        ann = server.person("Ann")
        for version, name in (("-tls1_2", "Bob"), ("-tls1_3", "Cid")):
            done = subprocess.run(
                ["openssl", "s_client", "-quiet", version, "-connect", f"127.0.0.1:{server.port}"],
                input=f"{name}\nhello\n/quit\n", capture_output=True, text=True,
                timeout=LIMIT_S, check=False)
            assert f"Welcome to hobnob, {name}!" in done.stdout, done
            ann.wait(rf"{name}: hello$")
            ann.wait(rf"{name} has left the chat")
        for version in ("-tls1", "-tls1_1"):
            done = subprocess.run(
                ["openssl", "s_client", version, "-cipher", "DEFAULT@SECLEVEL=0", "-connect",
                 f"127.0.0.1:{server.port}"],
                input="", capture_output=True, text=True, timeout=LIMIT_S, check=False)
            assert "alert protocol version" in done.stderr, done.stderr


run_tests([
    one_is_made_at_the_first_start_and_kept,
    one_in_memory_leaves_nothing,
    a_broken_one_of_its_own_is_said,
    who_cannot_be_spoken_to_in_tls_makes_none,
    a_given_one_is_shown,
    another_one_drops_nobody,
    what_cannot_be_used_is_said_at_the_start,
    an_ended_one_is_said,
    irc_clients_are_told_where_tls_is,
    whois_says_who_is_secure,
    openssl_is_at_home,
])
