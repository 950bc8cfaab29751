#!/usr/bin/env python3
"""Backups with hobnobctl: under load, when the server stops or is killed, and restored. How often
what is left to chance is tried, HOBNOB_BACKUPS says (5)."""

import contextlib
import os
import re
import random
import signal
import sqlite3
import subprocess
import threading
import time

from control_support import command, must, refused, served, texts
from server_support import LIMIT_S, Server, equal, folder, run_tests

BACKUPS = int(os.environ.get("HOBNOB_BACKUPS", "5"))


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


def wait_for_talk(talks, more):
    """Until each of them has been shown so many more messages."""
    wanted = [talk.shown + more for talk in talks]
    end = time.monotonic() + LIMIT_S
    while any(talk.shown < want for talk, want in zip(talks, wanted)):
        assert time.monotonic() < end, "the talk does not go on"
        time.sleep(0.001)


def has_all_that_was_shown(backup, talks, shown):
    kept = texts(backup)
    for talk, count in zip(talks, shown):
        own = [text for text in kept if text.startswith(f"{talk.name} ")]
        equal(own, [f"{talk.name} says {i + 1}" for i in range(len(own))])
        assert len(own) >= count, f"{talk.name}: {len(own)} of {count} shown before"


def a_backup_under_load_has_all_that_was_acknowledged():
    """Then the server is killed and its folder lost; each backup starts another one. There the
    accounts are that had been made, and their rooms."""
    with folder() as top:
        data = os.path.join(top, "data")
        backups = [os.path.join(top, f"backup-{i}") for i in range(BACKUPS)]
        before, after = [], []
        with Server("--no-limits-for", "127.0.0.1", data=data) as server:
            talks = [Talk(server, name) for name in ("Ann", "Bob", "Cid")]
            for i, backup in enumerate(backups):
                wait_for_talk(talks, 100)
                must(data, "account", "add", f"Owner{i}", typed=f"the secret of {i}\n")
                owner = server.person(f"Owner{i}", password=f"the secret of {i}")
                owner.say(f"/join #room{i}")
                owner.say(f"/topic What {i} is about")
                owner.wait(f"topic .*What {i} is about")
                before.append([talk.shown for talk in talks])
                must(data, "backup", os.path.basename(backup), cwd=top)
                after.append([talk.shown for talk in talks])
                has_all_that_was_shown(backup, talks, before[-1])
                if i not in (0, BACKUPS - 1):
                    os.unlink(backup)
            assert after[0] < after[-1], "nothing was said meanwhile"
            for talk in talks:
                talk.end()
            server.stop(signal.SIGKILL)
        for i in {0, BACKUPS - 1}:
            serves_what_it_has(os.path.join(top, f"again-{i}"), backups[i], i)
    print(f"# {BACKUPS} backups, {sum(after[-1])} messages acknowledged")


def serves_what_it_has(data, backup, last):
    must(data, "restore", backup)
    with Server("--no-limits-for", "127.0.0.1", data=data) as server:
        reader = server.person("Reader")
        reader.say("/history 500")
        newest = [text for text in texts(backup) if " says " in text][-1]
        reader.wait(newest + r"\n")
        for i in {0, last}:
            owner = server.person(f"Owner{i}", password=f"the secret of {i}")
            owner.say(f"/join #room{i}")
            owner.wait(f"What {i} is about")
        accounts = [line.split()[0] for line in must(data, "accounts").splitlines()]
        equal(accounts, [f"Owner{i}" for i in range(last + 1)])
        checked = must(data, "check")
        assert re.match(r"It is whole: \d+ messages? \(in rooms, in private, and of the audit log\),"
                        r" the newest of [-\d]+ [:\d]+, [\d.]+ [kM]?B on disk\.\n$", checked), checked


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


def a_kill_leaves_a_whole_backup_or_none():
    """The server is killed at any moment of a backup. It starts again, and the next backup works."""
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    whole = 0
    with folder() as top:
        data = os.path.join(top, "data")
        with Server(data=data) as server:
            server.stop()
        fill(os.path.join(data, "hobnob.db"), 30)
        for i in range(BACKUPS):
            backup = os.path.join(top, f"backup-{i}")
            with Server("--no-limits-for", "127.0.0.1", data=data) as server:
                talk = Talk(server, f"T{i}")
                wait_for_talk([talk], 20)
                shown = talk.shown
                with subprocess.Popen(command(data, "backup", backup), stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL) as ctl_process:
                    time.sleep(chance.random() * 0.6)  # the moment is left to chance
                    server.stop(signal.SIGKILL)
                    status = ctl_process.wait(LIMIT_S)
                talk.end()
            assert status in (0, 69), (seed, status)
            assert status or os.path.exists(backup), seed
            if os.path.exists(backup):
                whole += 1
                must(data, "check", backup)
                has_all_that_was_shown(backup, [talk], [shown])
                os.unlink(backup)
            must(data, "backup", backup)
            must(data, "check", backup)
            has_all_that_was_shown(backup, [talk], [talk.shown])
            os.unlink(backup)
            assert not os.path.exists(backup + ".new")
    print(f"# {BACKUPS} kills during a backup, {whole} times it was done already")


run_tests([
    a_backup_under_load_has_all_that_was_acknowledged,
    restoring_what_is_damaged_is_refused,
    a_running_server_keeps_its_folder,
    a_server_that_stops_gives_the_backup_up,
    a_kill_leaves_a_whole_backup_or_none,
])
