#!/usr/bin/env python3
"""hobnobctl, as administrators use it: what it shows and does."""

import json
import os
import random
import signal
import socket
import stat
import subprocess
import time

from control_support import command, ctl, must, refused, served, texts
from server_support import LIMIT_S, Person, Server, equal, folder, run_tests


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
        assert f", SHA-256 {server.fingerprint()}\n" in status, status
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


def a70_shows_no_control_characters():
    with served() as (data, server):
        ann = server.person("Ann")
        ann.say("/away gone \u009b31m\x1b[7m")
        ann.wait("away")
        for words in (["users"], ["--json", "users"], ["kill", "\u009b31m"], ["--json", "kill", "\u009b31m"]):
            _, output, errors = ctl(data, *words)
            shown = output + errors
            assert "31m" in shown and shown.endswith("\n"), shown
            assert all(c == "\n" or c.isprintable() for c in shown), shown


NUMBER, TEXT, TRUTH, LIST = int, str, bool, list
SESSION = {"protocol": TEXT, "address": TEXT, "port": NUMBER, "secure": TRUTH}
FOUND = {"messages": NUMBER, "bytes": NUMBER, "newest_ms": NUMBER}
# The objects of each command before the last one, by the documented members that they have.
JSON = {
    ("status",): [
        {"version": TEXT, "name": TEXT, "users": NUMBER, "users_most": NUMBER, "rooms": NUMBER},
        {"process": NUMBER, "uptime_s": NUMBER, "memory_bytes": NUMBER, "connections": NUMBER,
         "accepted": NUMBER, "refused": NUMBER, "lagged": NUMBER, "not_kept": NUMBER, "data": TEXT,
         "certificate": TEXT, "certificate_expires_s": NUMBER,
         "database_bytes": NUMBER, "log_bytes": NUMBER, "free_bytes": NUMBER, "commits": NUMBER,
         "committed": NUMBER, "not_indexed": NUMBER, "checkpoints": NUMBER,
         "checkpoint_max_us": NUMBER}],
    ("users",): [{"name": TEXT, "since_ms": NUMBER, "idle_s": NUMBER, "account": TEXT,
                  "operator": TRUTH, "rooms": LIST, "sessions": [SESSION], "away": TEXT}],
    ("rooms",): [{"name": TEXT, "members": NUMBER, "messages": NUMBER, "topic": TEXT}] * 2,
    ("accounts",): [{"name": TEXT, "number": NUMBER, "role": TEXT, "suspended": TRUTH,
                     "created_ms": NUMBER, "email": TEXT}],
    ("account", "export", "Ann"): [
        {"account": {"name": TEXT, "number": NUMBER, "role": TEXT, "suspended": TRUTH,
                     "created_ms": NUMBER, "email": TEXT}},
        {"device": {"kind": TEXT, "digest": TEXT, "added_ms": NUMBER, "used_ms": NUMBER}},
        {"room": {"name": TEXT, "ranks": LIST}},
        {"message": {"id": NUMBER, "time_ms": NUMBER, "kind": TEXT, "from": TEXT, "text": TEXT,
                     "to": TEXT}},
        {"message": {"id": NUMBER, "time_ms": NUMBER, "kind": TEXT, "from": TEXT, "text": TEXT,
                     "room": TEXT}}],
    ("ban", "Bob", "2h", "enough"): [],
    ("bans",): [{"mask": TEXT, "by": TEXT, "reason": TEXT, "set_ms": NUMBER, "until_ms": NUMBER}],
    ("unban", "Bob"): [],
    ("audit", "1"): [{"time_ms": NUMBER, "by": TEXT, "did": TEXT}],
    ("broadcast", "hello"): [],
    ("backup", "BACKUP"): [FOUND],
    ("check",): [FOUND],
    ("check", "BACKUP"): [FOUND],
    ("account", "role", "Ann", "moderator"): [],
    ("account", "suspend", "Ann"): [],
    ("account", "resume", "Ann"): [],
    ("account", "erase", "Ann"): [],
}


def shape(value, like):
    """Fails where the value is not like that: each member there, and of its kind."""
    if isinstance(like, dict):
        equal(sorted(value), sorted(like))
        for name, kind in like.items():
            shape(value[name], kind)
    elif isinstance(like, list):
        for one in value:
            shape(one, like[0])
    else:
        assert type(value) is like, (value, like)


def json_is_as_documented():
    with served() as (data, server):
        must(data, "account", "add", "Ann", "ann@example.org", typed="the secret of Ann\n")
        ann = server.person("Ann", password="the secret of Ann")
        ann.say("/token")
        ann.wait("hobnob-token:")
        ann.say("/pm Ann to myself")
        ann.wait("PM to Ann")
        ann.say("/join #foxes")
        ann.say("/topic All about foxes")
        ann.wait("All about foxes")
        ann.say("/away out")
        ann.wait("away")
        for words, rows in JSON.items():
            words = [data + ".backup" if word == "BACKUP" else word for word in words]
            lines = [json.loads(line) for line in must(data, "--json", *words).splitlines()]
            last = lines.pop()
            equal(last.pop("ok"), True)
            shape(last, {"said": TEXT} if last else {})
            equal(len(lines), len(rows))
            for line, row in zip(lines, rows):
                shape(line, row)
        server.stop()
        row, end = map(json.loads, must(data, "--json", "restore", data + ".backup").splitlines())
        shape(row, {**FOUND, "kept": TEXT})
        equal(end, {"ok": True})


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
            equal(must(data, "cloaks", "renew"), "Who comes from now on has another cloak.\n")
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
        equal(must(data, "account", "role", "ann", "moderator"),
              "Ann is a moderator of this server now.\n")
        ann.wait("has made you a moderator of this server")
        assert must(data, "accounts").startswith("Ann                 moderator, since 20")
        assert "owner, admin, moderator" in refused(data, "account", "role", "Ann", "king")
        must(data, "account", "role", "Ann", "owner")
        assert "There must be an owner" in refused(data, "account", "role", "Ann", "moderator")
        assert "A time is like" in refused(data, "ban", "Zed", "10x", "too loud")
        assert 'no account called "Nobody"' in refused(data, "account", "suspend", "Nobody")
        assert "can log in to the account Ann any more" in must(data, "account", "suspend", "Ann")
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
                  "owner")


def exported(data, name):
    """What an account is given, by what it is."""
    rows = {}
    for line in must(data, "account", "export", name).splitlines():
        (kind, row), = json.loads(line).items()
        rows.setdefault(kind, []).append(row)
    return rows


def an_account_is_exported_and_erased():
    with served("--no-limits-for", "127.0.0.1") as (data, server):
        for name in ("Ann", "Bob"):
            must(data, "account", "add", name, typed=f"the secret of {name}\n")
        ann, bob = (server.person(name, password=f"the secret of {name}") for name in ("Ann", "Bob"))
        for i in range(300):
            ann.say(f"Ann says {i}")
            bob.say(f"Bob says {i}")
        ann.say("/pm Bob between us")
        ann.wait("between us")
        bob.say("/pm Ann just so")
        bob.wait("just so")
        ann.say("/join #foxes")
        ann.say("/token")
        ann.wait("hobnob-token:")
        rows = exported(data, "Ann")
        equal(rows["account"][0]["name"], "Ann")
        equal(rows["device"][0]["kind"], "token")
        equal(rows["room"], [{"name": "#foxes", "ranks": ["founder", "operator"]}])
        equal([row["text"] for row in rows["message"] if row.get("room") == "#lobby"],
              [f"Ann says {i}" for i in range(300)])
        equal(sorted((row["from"], row["to"], row["text"]) for row in rows["message"] if "to" in row),
              [("Ann", "Bob", "between us"), ("Bob", "Ann", "just so")])
        assert "no account called" in refused(data, "account", "export", "Nobody")
        must(data, "account", "erase", "ann")
        assert "no account called" in refused(data, "account", "erase", "Ann")
        bob.say("/search Ann")
        bob.wait("[Nn]othing")
        bob.say("/history 500")
        bob.wait("A message was deleted\n")
        equal([row["text"] for row in exported(data, "Bob")["message"] if row.get("room")],
              [f"Bob says {i}" for i in range(300)])
        assert " hobnobctl has erased the account Ann\n" in must(data, "audit")
        must(data, "check")
        server.stop()
        equal([row for row in texts(os.path.join(data, "hobnob.db")) if "Ann says" in row], [])


def an_erasure_goes_on_after_a_kill():
    """Killed at any moment of it, the server has begun it and ends it after the next start, or
    the account is as it was."""
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    begun = 0
    with folder() as data:
        for i in range(5):
            name = f"Ann{i}"
            with Server("--no-limits-for", "127.0.0.1", data=data) as server:
                must(data, "account", "add", name, typed="a long secret\n")
                ann = server.person(name, password="a long secret")
                for number in range(500):
                    ann.say(f"{name} says {number}")
                ann.say(f"/pm {name} last")
                ann.wait("last")
                with subprocess.Popen(command(data, "account", "erase", name),
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as ctl_:
                    time.sleep(chance.random() * 0.15)  # the moment is left to chance
                    server.stop(signal.SIGKILL)
                    done = ctl_.wait(LIMIT_S) == 0
            with Server(data=data):
                accounts = [json.loads(line) for line in must(data, "--json", "accounts").splitlines()]
                there = [row for row in accounts if row.get("name") == name]
                left = [text for text in texts(os.path.join(data, "hobnob.db")) if name in text]
                if there and not there[0]["suspended"]:
                    assert not done and len(left) == 500, (seed, done, len(left))
                    continue
                begun += 1
                end = time.monotonic() + LIMIT_S
                while there or left:
                    assert time.monotonic() < end, (seed, there, len(left))
                    time.sleep(0.02)
                    there = [line for line in must(data, "accounts").splitlines() if name in line]
                    left = [text for text in texts(os.path.join(data, "hobnob.db")) if name in text]
    print(f"# 5 kills during an erasure, {begun} times it was begun")


def bans_keep_people_out():
    with served() as (data, server):
        bob = server.person("Bob")
        equal(must(data, "bans"), "")
        equal(must(data, "ban", "Bob", "2h", "that is", "enough"),
              "You have banned Bob from the server for 2 hours: that is enough. Put out: Bob.\n")
        assert "that is enough" in bob.rest()
        banned = must(data, "bans")
        assert banned.startswith("Bob!*@*") and "by hobnobctl, since " in banned, banned
        assert ", until " in banned and banned.endswith(": that is enough\n"), banned
        again = Person(server.port)
        again.say("Bob")
        again.wait("that is enough")
        assert "now for good" in must(data, "ban", "Bob")
        assert "there already" in refused(data, "ban", "Bob")
        assert "on one line" in refused(data, "ban", "Bob", "two\nlines")
        must(data, "unban", "Bob")
        assert "no such ban" in refused(data, "unban", "Bob")
        server.person("Bob")


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
    a70_shows_no_control_characters,
    json_is_as_documented,
    a_long_list_comes_whole,
    tells_everybody_and_ends_connections,
    reads_the_configuration_again,
    accounts_are_made_changed_and_suspended,
    an_account_is_exported_and_erased,
    an_erasure_goes_on_after_a_kill,
    bans_keep_people_out,
    says_when_no_server_runs,
    wrong_use_is_explained,
    the_socket_is_its_owners_alone_and_goes_with_the_server,
    a_socket_that_a_crash_left_is_replaced,
    an_ephemeral_server_has_one_where_it_is_asked_for,
    a_lost_administrator_is_no_trouble,
])
