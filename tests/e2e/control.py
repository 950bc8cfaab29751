#!/usr/bin/env python3
"""hobnobctl, as administrators use it: what it shows and does, backups under load, restoring."""

import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import stat
import subprocess
import threading
import time

from server_support import LIMIT_S, Person, Server, equal, folder, run_tests

HOBNOBCTL = os.environ.get("HOBNOBCTL", "build/debug/hobnobctl")


def command(data, *words):
    return [HOBNOBCTL, "--data", data, *words]


def ctl(data, *words, cwd=None, typed=""):
    """Runs it to its end: exit status, standard output, standard error."""
    done = subprocess.run(command(data, *words), input=typed, capture_output=True,
                          text=True, timeout=3 * LIMIT_S, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def must(data, *words, **how):
    status, output, errors = ctl(data, *words, **how)
    equal((status, errors), (0, ""))
    return output


def refused(data, *words, status=1, **how):
    """The one sentence that says why."""
    done = ctl(data, *words, **how)
    equal(done[:2], (status, ""))
    return done[2]


@contextlib.contextmanager
def served(*arguments):
    """A data folder and the server on it."""
    with folder() as top:
        data = os.path.join(top, "data")
        with Server(*arguments, data=data) as server:
            yield data, server


def texts(database):
    """What is kept, oldest first."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return [text for text, in opened.execute("SELECT text FROM message ORDER BY id")]


def shows_how_the_server_is_and_who_is_there():
    with served() as (data, server):
        ann, bob = server.person("Ann"), server.person("Bob")
        ann.say("hello")
        bob.wait("Ann: hello")
        ann.say("/topic What we do")
        bob.wait("What we do")
        status = must(data, "status")
        assert "people        2 (at most there were 2)\n" in status, status
        assert f"process {server.process.pid}, " in status, status
        assert "kept          2 messages in " in status, status
        users = must(data, "users").splitlines()
        equal(len(users), 2)
        assert users[0].startswith("Ann  ") and f"127.0.0.1:{ann.port} plain: #lobby" in users[0]
        rooms = must(data, "rooms")
        assert rooms.startswith("#lobby  ") and "2 here, 2 messages  " in rooms, rooms
        assert rooms.endswith("  What we do\n"), rooms


def prints_json():
    with served() as (data, server):
        ann = server.person("Ann")
        lines = [json.loads(line) for line in must(data, "--json", "users").splitlines()]
        equal([line.get("name") for line in lines], ["Ann", None])
        equal(lines[0]["sessions"][0]["port"], ann.port)
        equal(lines[1], {"ok": True})
        status, output, errors = ctl(data, "--json", "kill", "Nobody")
        equal((status, errors), (1, ""))
        equal(json.loads(output), {"ok": False, "error": 'Nobody called "Nobody" is online.'})
        both = [json.loads(line) for line in must(data, "--json", "status").splitlines()]
        equal(both[0]["users"], 1)
        equal(both[1]["data"], data)


def a_long_list_comes_whole():
    with served("--no-limits-for", "127.0.0.1") as (data, server):
        crowd = [server.person(f"P{i:03}") for i in range(300)]
        lines = [json.loads(line) for line in must(data, "--json", "users").splitlines()]
        equal([line.get("name") for line in lines], [f"P{i:03}" for i in range(300)] + [None])
        equal(lines[-2]["sessions"][0]["port"], crowd[-1].port)


def tells_everybody_and_ends_connections():
    with served() as (data, server):
        ann, bob = server.person("Ann"), server.person("Bob")
        equal(must(data, "broadcast", "Back in", "ten minutes"), "Everybody has been told.\n")
        ann.wait(r"^\[\d\d:\d\d:\d\d\] \[SYSTEM\] Back in ten minutes$")
        bob.wait("Back in ten minutes")
        must(data, "kill", "ann", "that is", "enough")
        assert "hobnob has ended your connection: that is enough\n" in ann.rest()
        bob.wait("Ann was put out of the chat by hobnob")
        server.output.wait('event=operated name="?hobnobctl"? did="has ended the connection of Ann')
        assert "Nobody called" in refused(data, "kill", "Ann")


def reads_the_configuration_again():
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        data = os.path.join(top, "data")

        def write(text):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        write('name = "before"\n')
        with Server("--config", path, data=data) as server:
            write('name = "after"\n')
            equal(must(data, "reload"), "The configuration has been read again.\n")
            assert must(data, "status").startswith("server        after, ")
            write("nonsense\n")
            assert "The configuration stays as it was." in refused(data, "reload")
            assert f"{path}:1:" in refused(data, "reload")
            assert must(data, "status").startswith("server        after, ")
            server.stop()


def log_in(server, name, password):
    person = Person(server.port)
    person.say(name)
    person.wait("password")
    person.say(password)
    return person


def accounts_are_made_changed_and_suspended():
    with served("-v") as (data, server):
        must(data, "account", "add", "Ann", typed="first secret\n")
        assert "registered already" in refused(data, "account", "add", "ann", typed="other one\n")
        assert "at least 8" in refused(data, "account", "add", "Bob", typed="short\n")
        assert "first line of standard input" in refused(data, "account", "add", "Bob")
        assert "A name " in refused(data, "account", "add", "a b", typed="long enough\n")
        ann = log_in(server, "Ann", "first secret")
        ann.wait("Welcome to hobnob, Ann")
        must(data, "account", "password", "ann", typed="second secret\n")
        ann.rest()
        ann = log_in(server, "Ann", "second secret")
        ann.wait("Welcome to hobnob, Ann")
        must(data, "account", "role", "Ann", "moderator")
        assert must(data, "accounts").startswith("Ann                 moderator, since 20")
        assert "owner, admin, moderator" in refused(data, "account", "role", "Ann", "king")
        assert 'no account called "Nobody"' in refused(data, "account", "suspend", "Nobody")
        must(data, "account", "suspend", "Ann")
        ann.rest()
        assert must(data, "accounts").endswith(", suspended\n")
        log_in(server, "Ann", "second secret").wait("do not belong together")
        server.stop()
        log = server.output.wait_end()
        assert "secret" not in log, log
        with Server(data=data) as again:
            must(data, "account", "resume", "Ann")
            log_in(again, "Ann", "second secret").wait("Welcome to hobnob, Ann")
            equal(json.loads(must(data, "--json", "accounts").splitlines()[0])["role"],
                  "moderator")


def says_when_no_server_runs():
    with folder() as top:
        assert "No hobnobd runs on " in refused(top, "status", status=69)
        assert "No hobnobd runs on " in refused(os.path.join(top, "x"), "users", status=69)
        assert "There is no database in " in refused(top, "check")
        equal(os.listdir(top), [])


def wrong_use_is_explained():
    with folder() as top:
        for words, expected in (((), "Usage: hobnobctl"), (("dance",), "no command dance"),
                                (("kill",), "Usage: hobnobctl kill USER"),
                                (("users", "x"), "Usage: hobnobctl users"),
                                (("--nonsense", "users"), "no option --nonsense")):
            assert expected in refused(top, *words, status=2), words
        assert ctl(top, "--help")[1].startswith("Usage: hobnobctl")
        assert ctl(top, "--version")[1].startswith("hobnobctl ")


def the_socket_is_its_owners_alone_and_goes_with_the_server():
    with served() as (data, server):
        path = os.path.join(data, "control.sock")
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        server.stop()
        assert not os.path.exists(path)
    with Server() as server:
        equal(server.stop()[0], 0)


def a_socket_that_a_crash_left_is_replaced():
    with folder() as top:
        with Server(data=top) as server:
            server.stop(signal.SIGKILL)
        assert os.path.exists(os.path.join(top, "control.sock"))
        assert "No hobnobd runs on " in refused(top, "status", status=69)
        with Server(data=top):
            must(top, "status")


def an_ephemeral_server_has_one_where_it_is_asked_for():
    with folder() as top:
        path = os.path.join(top, "control.sock")
        with Server(listen=("any://127.0.0.1:0", f"unix+control://{path}")):
            assert must(top, "status").startswith("server")
            assert "--ephemeral" in refused(top, "backup", os.path.join(top, "b"))


class Talk:
    """Somebody talks without a pause, and somebody else notes what is shown."""

    def __init__(self, server, name):
        self.speaker, self.listener = server.person(name), server.person(f"{name}s-listener")
        self.name = name
        self.shown = 0
        self.ends = False
        self.threads = [threading.Thread(target=target, daemon=True)
                        for target in (self.talk, self.listen)]
        for thread in self.threads:
            thread.start()

    def talk(self):
        number = 0
        with contextlib.suppress(OSError):
            while not self.ends:
                number += 1
                self.speaker.say(f"{self.name} says {number}")
                while number - self.shown > 200 and not self.ends:
                    time.sleep(0.001)  # as fast as it is kept

    def listen(self):
        with contextlib.suppress(OSError, AssertionError):
            while True:
                said = self.listener.wait(rf"{self.name}: {self.name} says (\d+)\n")
                equal(int(said[1]), self.shown + 1)
                self.shown = int(said[1])

    def end(self):
        self.ends = True
        self.threads[0].join(LIMIT_S)


def a_backup_under_load_has_all_that_was_acknowledged():
    """Then the server is killed and its folder lost; the backup starts another one."""
    with folder() as top:
        data, elsewhere = os.path.join(top, "data"), os.path.join(top, "elsewhere")
        backups = [os.path.join(top, f"backup-{i}") for i in range(5)]
        before, after = [], []
        with Server("--no-limits-for", "127.0.0.1", data=data) as server:
            talks = [Talk(server, name) for name in ("Ann", "Bob", "Cid")]
            end = time.monotonic() + LIMIT_S
            for backup in backups:
                wanted = [talk.shown + 100 for talk in talks]
                while any(talk.shown < want for talk, want in zip(talks, wanted)):
                    assert time.monotonic() < end, "the talk does not go on"
                    time.sleep(0.001)
                before.append([talk.shown for talk in talks])
                must(data, "backup", os.path.basename(backup), cwd=top)
                after.append([talk.shown for talk in talks])
            assert after[0] < after[-1], "nothing was said meanwhile"
            for talk in talks:
                talk.end()
            server.stop(signal.SIGKILL)
        for backup, shown in zip(backups, before):
            kept = texts(backup)
            for talk, count in zip(talks, shown):
                own = [text for text in kept if text.startswith(f"{talk.name} ")]
                equal(own, [f"{talk.name} says {i + 1}" for i in range(len(own))])
                assert len(own) >= count, f"{talk.name}: {len(own)} of {count} shown before"
        must(elsewhere, "restore", backups[-1])
        with Server(data=elsewhere) as server:
            reader = server.person("Reader")
            reader.say("/history 500")
            reader.wait(texts(backups[-1])[-1] + r"\n")
            assert "It is whole: " in must(elsewhere, "check")


def damaged(top, backup, change):
    path = os.path.join(top, "damaged")
    with open(backup, "rb") as file:
        content = bytearray(file.read())
    change(content)
    with open(path, "wb") as file:
        file.write(content)
    return path


def restoring_what_is_damaged_is_refused():
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    with folder() as top:
        data, backup = os.path.join(top, "data"), os.path.join(top, "backup")
        with Server(data=data) as server:
            ann, bob = server.person("Ann"), server.person("Bob")
            ann.say("a sentence that everybody remembers")
            bob.wait("remembers")
            must(data, "backup", backup)
            server.stop()
        files = sorted(os.listdir(data))

        def letter(content):
            content[content.index(b"everybody remembers")] ^= 1

        def flipped(content):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)

        def cut(content):
            del content[chance.randrange(len(content) - 93):]

        for change in (letter, *[flipped] * 10, *[cut] * 10):
            path = damaged(top, backup, change)
            said = refused(data, "restore", path)
            assert "is damaged or incomplete" in said, (seed, said)
            assert "is damaged or incomplete" in refused(data, "check", path)
        equal(sorted(os.listdir(data)), files)
        with Server(data=data) as server:
            server.person("Cid")
            assert "a sentence that everybody remembers" in texts(os.path.join(data, "hobnob.db"))
        assert "No such file" in refused(data, "restore", os.path.join(top, "nowhere"))


def a_running_server_keeps_its_folder():
    with served() as (data, server):
        ann = server.person("Ann")
        backup = data + ".backup"
        must(data, "backup", backup)
        assert "Stop it first" in refused(data, "restore", backup)
        ann.say("/me goes on")
        server.person("Bob").wait("goes on")
        assert "is there already" in refused(data, "backup", backup)
        server.stop()
        output = must(data, "restore", backup)
        assert f"What was there before is now {data}/hobnob.db.before-restore\n" in output, output
        equal(texts(f"{data}/hobnob.db.before-restore"), ["goes on"])
        equal(texts(f"{data}/hobnob.db"), [])
        assert "The backup is made" in must(data, "backup", data + ".offline")


def fill(database, megabytes):
    with contextlib.closing(sqlite3.connect(database)) as opened:
        opened.execute("CREATE TABLE filler (bytes)")
        for _ in range(megabytes):
            opened.execute("INSERT INTO filler VALUES (randomblob(1000000))")
        opened.commit()


def a_server_that_stops_gives_the_backup_up():
    """It is gone in time, and leaves no half backup: there is a whole one or none. Meanwhile
    nothing else of that kind is begun."""
    with folder() as top:
        data, backup = os.path.join(top, "data"), os.path.join(top, "backup")
        with Server(data=data) as server:
            server.stop()
        fill(os.path.join(data, "hobnob.db"), 200)
        with Server(data=data) as server:
            with subprocess.Popen(command(data, "backup", backup), stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True) as ctl_process:
                end = time.monotonic() + LIMIT_S
                while not os.path.exists(backup + ".new") and time.monotonic() < end:
                    time.sleep(0.001)
                assert "is under way already" in refused(data, "check")
                status, seconds = server.stop()
                output, errors = ctl_process.communicate(timeout=LIMIT_S)
        equal(status, 0)
        assert seconds < 5, seconds
        assert not os.path.exists(backup + ".new")
        if os.path.exists(backup):
            must(data, "check", backup)
        else:
            assert "was given up" in errors, (output, errors)
            equal(ctl_process.returncode, 1)


def a_lost_administrator_is_no_trouble():
    with served() as (data, server):
        path = os.path.join(data, "control.sock")
        for request in (b"", b"{", b'{"command":"check"}\n', b'{"command":"users"}\n' * 50):
            lost = socket.socket(socket.AF_UNIX)
            lost.connect(path)
            lost.sendall(request)
            lost.close()
        must(data, "status")
        equal(server.stop()[0], 0)


run_tests([
    shows_how_the_server_is_and_who_is_there,
    prints_json,
    a_long_list_comes_whole,
    tells_everybody_and_ends_connections,
    reads_the_configuration_again,
    accounts_are_made_changed_and_suspended,
    says_when_no_server_runs,
    wrong_use_is_explained,
    the_socket_is_its_owners_alone_and_goes_with_the_server,
    a_socket_that_a_crash_left_is_replaced,
    an_ephemeral_server_has_one_where_it_is_asked_for,
    a_backup_under_load_has_all_that_was_acknowledged,
    restoring_what_is_damaged_is_refused,
    a_running_server_keeps_its_folder,
    a_server_that_stops_gives_the_backup_up,
    a_lost_administrator_is_no_trouble,
])
