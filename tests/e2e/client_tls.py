#!/usr/bin/env python3
"""hobnob in TLS: whom it trusts, what it remembers, and when it goes without.

The address 0.0.0.0 leads to this machine, but hobnob takes it for another one."""

import os

from client_support import FakeServer, equal, finish, free_port, run, run_pipe_tests, start
from server_support import Server, folder
from tls_support import make_certificate, write_config


class Home:
    """Where hobnob remembers."""

    def __init__(self, path):
        self.environment = {"XDG_STATE_HOME": path}
        self.file = os.path.join(path, "hobnob", "known_hosts")

    def lines(self):
        if not os.path.exists(self.file):
            return []
        with open(self.file, encoding="utf-8") as file:
            return file.read().splitlines()

    def says(self, *arguments, status=0, given=b"hi\n"):
        """What hobnob says on standard error."""
        got, _, err = run("--name", "bot", *arguments, given=given, environment=self.environment)
        assert got == status, (got, err)
        return err


def the_first_time_it_says_whom_it_trusts():
    with folder() as top, Server() as server:
        home = Home(top)
        fingerprint = server.fingerprint()
        ann = server.person("Ann")
        where = f"127.0.0.1:{server.port}"
        first = home.says("--tls", where)
        assert f"You have not been at {where} before." in first, first
        assert fingerprint in first, first
        ann.wait(r"bot: hi$")
        equal(home.lines(), [f"{where} sha256 {fingerprint}"])
        equal(os.stat(home.file).st_mode & 0o777, 0o600)
        second = home.says("--tls", where)
        assert "before" not in second and fingerprint not in second, second
        ann.wait(r"bot: hi$")
        equal(home.lines(), [f"{where} sha256 {fingerprint}"])


def another_certificate_is_refused_until_it_is_taken():
    port = free_port()
    where = f"127.0.0.1:{port}"
    with folder() as top:
        home = Home(top)
        os.makedirs(os.path.dirname(home.file))
        write_config(home.file, "# mine", "other:5000 signed")
        with Server(listen=(f"any://{where}",)) as server:
            first = server.fingerprint()
            home.says("--tls", where)
        with Server(listen=(f"any://{where}",)) as server:
            second = server.fingerprint()
            ann = server.person("Ann")
            said = home.says("--tls", where, status=77)
            assert f"WARNING: THE SERVER AT {where} IS NOT THE ONE IT WAS BEFORE" in said, said
            assert first in said and second in said and "--trust-new" in said, said
            equal(home.lines(), ["# mine", "other:5000 signed", f"{where} sha256 {first}"])
            assert second in home.says("--tls", "--trust-new", where)
            ann.wait(r"^.*bot has joined")  # only now
            assert second not in home.says("--tls", where)
            equal(home.lines(), ["# mine", "other:5000 signed", f"{where} sha256 {second}"])


def one_that_the_system_trusts_needs_no_words():
    with folder() as top:
        home = Home(top)
        pem = os.path.join(top, "given.pem")
        config = os.path.join(top, "hobnobd.conf")
        make_certificate(pem, "-addext", "subjectAltName=IP:127.0.0.1")
        write_config(config, f'tls_certificate = "{pem}"', f'tls_key = "{pem}"')
        with Server("--config", config) as server:
            where = f"127.0.0.1:{server.port}"
            signed = {**home.environment, "SSL_CERT_FILE": pem}
            status, _, err = run("--name", "bot", "--tls", where, given=b"hi\n",
                                 environment=signed)
            equal((status, home.lines()), (0, [f"{where} signed"]))
            assert "fingerprint" not in err, err
            # Where nobody vouches for it, it is not the one it was.
            assert "signed by nobody known" in home.says("--tls", where, status=77)


def other_machines_are_tried_in_tls_first():
    with folder() as top, Server() as server:
        home = Home(top)
        said = home.says(f"0.0.0.0:{server.port}")
        assert server.fingerprint() in said, said
        # This machine is not.
        said = home.says(f"127.0.0.1:{server.port}")
        assert "TLS" not in said and "fingerprint" not in said, said
        equal(len(home.lines()), 1)


def without_tls_it_says_so_and_goes_on():
    with folder() as top, FakeServer() as server:
        home = Home(top)
        process = start("--name", "bot", f"0.0.0.0:{server.port}", environment=home.environment)
        hello = server.accept()
        equal(hello.socket.recv(2), b"\x16\x03")
        hello.send("[SYSTEM] What is that?\n")
        hello.close()
        peer = server.accept("bot")
        process.stdin.write(b"hi\n")
        process.stdin.close()
        process.stdin = None
        equal(peer.lines(), ["hi", "/quit"])
        peer.close()
        status, _, err = finish(process)
        equal((status, home.lines()), (0, []))
        assert "The server does not speak TLS: what is said here can be read" in err, err


def having_seen_tls_it_never_goes_without():
    with folder() as top, FakeServer() as server:
        home = Home(top)
        os.makedirs(os.path.dirname(home.file))
        write_config(home.file, f"0.0.0.0:{server.port} signed")
        process = start("--name", "bot", f"0.0.0.0:{server.port}", environment=home.environment)
        hello = server.accept()
        equal(hello.socket.recv(2), b"\x16\x03")
        hello.send("[SYSTEM] What is that?\n")
        status, _, err = finish(process, b"hi\n")
        equal(status, 69)
        assert "it does not answer in TLS" in err, err
        hello.close()


def asked_for_tls_it_never_goes_without():
    with folder() as top, FakeServer() as server:
        home = Home(top)
        process = start("--tls", "--name", "bot", server.address, environment=home.environment)
        hello = server.accept()
        equal(hello.socket.recv(2), b"\x16\x03")
        hello.close()
        status, _, err = finish(process, b"hi\n")
        equal(status, 69)
        assert "it does not answer in TLS" in err, err


def a_relay_is_not_said_hello_to():
    with folder() as top, FakeServer() as server:
        process = start("--relay", f"0.0.0.0:{server.port}",
                        environment=Home(top).environment)
        peer = server.accept()
        process.stdin.write(b"hi\n")
        process.stdin.flush()
        equal(peer.line(), "hi")
        peer.close()
        process.kill()


run_pipe_tests([
    the_first_time_it_says_whom_it_trusts,
    another_certificate_is_refused_until_it_is_taken,
    one_that_the_system_trusts_needs_no_words,
    other_machines_are_tried_in_tls_first,
    without_tls_it_says_so_and_goes_on,
    having_seen_tls_it_never_goes_without,
    asked_for_tls_it_never_goes_without,
    a_relay_is_not_said_hello_to,
])
