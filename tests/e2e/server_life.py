#!/usr/bin/env python3
"""hobnobd starts, refuses to start, and stops."""

import ctypes
import errno
import os
import platform
import resource
import signal
import socket
import struct
import time

from server_support import (LIMIT_S, Person, Server, Skip, equal, folder, free_port, person_when_ready,
                            run, run_tests)


def stops_within_5_s_and_tells_everybody():
    with Server() as server:
        ann, bob = server.person("Ann"), server.person("Bob")
        silent = socket.create_connection(("127.0.0.1", server.port))
        ann.say("last words")
        bob.wait("Ann: last words")
        status, seconds = server.stop()
        equal(status, 0)
        assert seconds < 5, seconds
        for person in (ann, bob):
            person.wait(r"^\[\d\d:\d\d:\d\d\] \[SYSTEM\] The server is shutting down$")
        silent.close()
        assert "event=stopped" in server.output.wait_end()


def stops_within_5_s_though_somebody_does_not_read():
    with Server("--no-limits-for", "127.0.0.1") as server:
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", server.port))
        deaf.sendall(b"Deaf\n")
        ann = server.person("Ann")
        for i in range(200):
            ann.say(f"{i} " + "x" * 3000)
        ann.say("/rooms")
        ann.wait("#lobby")
        status, seconds = server.stop()
        equal(status, 0)
        assert seconds < 5, seconds
        deaf.close()


def stops_though_many_passwords_wait():
    with Server("--no-limits-for", "127.0.0.1") as server:
        ann = server.person("Ann")
        start = time.monotonic()
        ann.say("/register correct horse")
        ann.wait("is yours now")
        one = time.monotonic() - start
        many = [server.person() for _ in range(60)]
        for person in many:
            person.say("Ann")
            person.wait("Type its password:")
        for person in many:
            person.say("wrong horse")
        ann.say("/rooms")
        ann.wait("#lobby")
        status, seconds = server.stop()
        equal(status, 0)
        assert seconds < 20 * one, (seconds, one)
        many[-1].wait("The server is shutting down")


def a39_without_descriptors_it_reads_its_file_again_and_stops():
    """The old configuration stays, those inside go on, and it can still be stopped."""
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write('name = "few"\n')
        with Server("--config", path, "--no-limits-for", "127.0.0.1") as server:
            ann, bob = server.person("Ann"), server.person("Bob")
            used = len(os.listdir(f"/proc/{server.process.pid}/fd"))
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used, used))
            waiting = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
            server.send(signal.SIGHUP)
            server.output.wait("The configuration stays as it was. .*Too many open files")
            ann.say("still here")
            bob.wait("Ann: still here")
            for one in waiting:
                one.close()
            status, seconds = server.stop()
            equal(status, 0)
            assert seconds < 5, seconds


def ctrl_c_stops_it_too():
    with Server() as server:
        equal(server.stop(signal.SIGINT)[0], 0)


def a_second_signal_ends_it_at_once():
    with Server() as server:
        server.person("Ann")
        server.send(signal.SIGSTOP)
        server.send(signal.SIGINT)
        server.send(signal.SIGTERM)
        server.send(signal.SIGCONT)
        # The system chooses which of the two comes second.
        assert server.process.wait(5) in (128 + signal.SIGINT, 128 + signal.SIGTERM)


def a_closed_terminal_stops_it():
    port = free_port()
    ours, theirs = os.openpty()
    with Server(listen=(f"any://127.0.0.1:{port}",), ready=False, to=theirs) as server:
        os.close(theirs)
        ann = person_when_ready(port, "Ann")
        os.close(ours)
        server.send(signal.SIGHUP)
        status, seconds = server.stop(signal.SIGHUP)
        equal(status, 0)
        assert seconds < 5, seconds
        assert "The server is shutting down" in ann.rest()


def a_port_in_use_says_who_to_ask():
    with socket.socket() as holder, folder() as top:
        holder.bind(("0.0.0.0", 0))
        holder.listen()
        port = holder.getsockname()[1]
        data = os.path.join(top, "data")
        status, output, errors = run("--port", str(port), "--data", data)
        equal(status, 69)
        equal(errors, f"Port {port} is in use: try --port {port + 1}, or see what holds it "
                      f"with: ss -ltnp 'sport = :{port}'\n")
        equal(output, "")
        assert not os.path.exists(data), "a data folder is left behind"


def a_data_folder_in_use_is_refused():
    with folder() as data, Server(data=data) as server:
        ann = server.person("Ann")
        status, _, errors = run("--listen", "any://127.0.0.1:0", "--data", data)
        equal(status, 69)
        assert data in errors and len(errors.strip().splitlines()) == 1, errors
        ann.say("/list")
        ann.wait("Online Users")
        equal(server.stop()[0], 0)


def a_data_folder_that_cannot_be_made_is_refused():
    with folder() as top:
        file = os.path.join(top, "file")
        with open(file, "w", encoding="utf-8"):
            pass
        status, _, errors = run("--listen", "any://127.0.0.1:0", "--data", file + "/data")
        equal(status, 69)
        equal(len(errors.strip().splitlines()), 1)


def an_address_of_another_machine_is_refused():
    status, _, errors = run("--listen", "any://192.0.2.77:5000", "--ephemeral")
    equal(status, 69)
    equal(errors, "192.0.2.77 is not an address of this machine. Listen on one that it has, or "
                  "on 0.0.0.0 for all.\n")


def without_a_home_it_asks_for_a_folder():
    status, _, errors = run("--listen", "any://127.0.0.1:0", environment={})
    equal(status, 78)
    equal(errors, "There is no home folder to keep messages in: name a folder with --data, or "
                  "keep nothing with --ephemeral.\n")


def wrong_usage_exits_with_2():
    status, output, errors = run("--prot", "5001")
    equal((status, output, errors), (2, "", "There is no option --prot. Did you mean --port?\n"))


def help_and_version_exit_with_0():
    status, output, errors = run("--help")
    equal((status, errors), (0, ""))
    assert output.startswith("Usage: hobnobd ") and "--no-limits-for" in output
    status, output, errors = run("--version")
    equal((status, errors), (0, ""))
    with open("src/base/version.h", encoding="utf-8") as header:
        version = header.read().split('"')[1]
    equal(output, f"hobnobd {version}\n")


def the_data_folder_is_its_owners_alone():
    with folder() as top:
        data = os.path.join(top, "a", "b")
        with Server(data=data) as server:
            server.person("Ann").leave()
            equal(server.stop()[0], 0)
        equal(os.stat(data).st_mode & 0o777, 0o700)
        for name in os.listdir(data):
            equal(os.stat(os.path.join(data, name)).st_mode & 0o077, 0)


def what_was_said_is_there_after_a_restart():
    with folder() as data:
        with Server(data=data) as server:
            ann = server.person("Ann")
            ann.say("remember this")
            ann.leave()
            equal(server.stop()[0], 0)
        with Server(data=data) as server:
            bob = server.person("Bob")
            bob.say("/history")
            bob.wait("Ann: remember this")
            equal(server.stop()[0], 0)


def an_ephemeral_server_keeps_nothing():
    with folder() as home:
        os.environ["XDG_STATE_HOME"] = home
        with Server() as server:
            server.person("Ann").leave()
            equal(server.stop()[0], 0)
        equal(os.listdir(home), [])


def it_listens_on_both_families():
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            raise Skip("no IPv6 here") from None
    with Server(listen=("any://127.0.0.1:0", "any://[::1]:0")) as server:
        port = int(server.output.wait(r"Listening on \[::1\]:(\d+)")[1])
        six = Person(port, "Six", host="::1")
        four = server.person("Four")
        four.say("over four")
        six.wait("Four: over four")
        equal(server.stop()[0], 0)


SOCKET_CALL = {"x86_64": 41, "aarch64": 198}.get(platform.machine())


def without_ipv6():
    """From here on this process is told that there is no IPv6: socket(2) with AF_INET6 fails."""
    steps = [(0x20, 0, 0, 0),  # the system call's number
             (0x15, 0, 3, SOCKET_CALL),
             (0x20, 0, 0, 16),  # its first argument
             (0x15, 0, 1, socket.AF_INET6),
             (0x06, 0, 0, 0x00050000 | errno.EAFNOSUPPORT),
             (0x06, 0, 0, 0x7FFF0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    assert libc.prctl(22, 2, program) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def a_machine_without_ipv6_is_listened_to_over_ipv4():
    if not SOCKET_CALL:
        raise Skip("the number of socket(2) is not known here")
    with Server("--port", "0", listen=(), ready=False, prepare=without_ipv6) as server:
        server.output.wait("This machine has no IPv6, so only IPv4 is listened on.")
        port = int(server.output.wait(r"Listening on 0\.0\.0\.0:(\d+)")[1])
        server.person("Ann", port=port)
        equal(server.stop()[0], 0)


def port_0_takes_a_free_one():
    with Server("--port", "0") as server:
        port = int(server.output.wait(r"Listening on 0\.0\.0\.0:(\d+)")[1])
        assert port not in (0, server.port)
        server.person("Ann", port=port)
        equal(server.stop()[0], 0)


def it_hears_a_unix_socket():
    with folder() as top:
        path = os.path.join(top, "socket")
        with Server(listen=("any://127.0.0.1:0", f"unix+any://{path}")) as server:
            server.output.wait(f"Listening on unix:{path}")
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(path)
                client.sendall(b"Ulla\n")
                got = b""
                while b"Ulla!" not in got:
                    got += client.recv(4096)
            equal(server.stop()[0], 0)
        assert not os.path.exists(path)


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def who_works_on_passwords_ends_with_it():
    for number in (signal.SIGTERM, signal.SIGKILL):
        with Server() as server:
            pid = server.process.pid
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                children = file.read().split()
            assert children, "there is none"
            ann = server.person("Ann")
            ann.say("/register correct horse")
            ann.wait("is yours now")
            server.send(number)
            server.process.wait(LIMIT_S)
            end = time.monotonic() + LIMIT_S
            while any(lives(child) for child in children):
                assert time.monotonic() < end, "it is there still"
                time.sleep(0.01)


run_tests([
    stops_within_5_s_and_tells_everybody,
    stops_within_5_s_though_somebody_does_not_read,
    stops_though_many_passwords_wait,
    a39_without_descriptors_it_reads_its_file_again_and_stops,
    ctrl_c_stops_it_too,
    a_second_signal_ends_it_at_once,
    a_closed_terminal_stops_it,
    a_port_in_use_says_who_to_ask,
    a_data_folder_in_use_is_refused,
    a_data_folder_that_cannot_be_made_is_refused,
    an_address_of_another_machine_is_refused,
    without_a_home_it_asks_for_a_folder,
    wrong_usage_exits_with_2,
    help_and_version_exit_with_0,
    the_data_folder_is_its_owners_alone,
    what_was_said_is_there_after_a_restart,
    an_ephemeral_server_keeps_nothing,
    it_listens_on_both_families,
    a_machine_without_ipv6_is_listened_to_over_ipv4,
    port_0_takes_a_free_one,
    it_hears_a_unix_socket,
    who_works_on_passwords_ends_with_it,
])
