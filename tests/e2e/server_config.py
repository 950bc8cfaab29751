#!/usr/bin/env python3
"""The configuration file of hobnobd: checked, used, read again."""

import os
import signal

from server_support import Server, equal, folder, run, run_tests


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def checking_prints_every_setting_in_the_form_of_the_file():
    with folder() as top:
        first = os.path.join(top, "first.conf")
        write(first, '# ours\nname = "our house"\nlines_per_s = 5\n')
        status, printed, errors = run("--config", first, "--check-config", "--port", "5001")
        equal((status, errors), (0, ""))
        for setting, origin in (('name = "our house"', f"{first}:2"), ("port = 5001", "option"),
                                ("line_bytes = 4096", "default")):
            assert f"{setting:<40}  # {origin}\n" in printed, printed
        second = os.path.join(top, "second.conf")
        write(second, printed)
        status, again, errors = run("--config", second, "--check-config")
        equal((status, errors), (0, ""))
        equal([line.split("  # ")[0].rstrip() for line in again.splitlines()],
              [line.split("  # ")[0].rstrip() for line in printed.splitlines()])


def checking_names_file_and_line():
    with folder() as top:
        path = os.path.join(top, "bad.conf")
        write(path, "\nmesage_bytes = 5\n")
        equal(run("--config", path, "--check-config"),
              (78, "", f'{path}:2: There is no setting "mesage_bytes". Did you mean '
                       "message_bytes?\n"))
        write(path, "port = 5000\n\nport = many\n")
        equal(run("--config", path)[0], 78)
        write(path, "\n\n\nconsole = loud\n")
        equal(run("--config", path),
              (78, "", f'{path}:4: console = "loud" will not do: It must be auto, chat, log or '
                       "quiet.\n"))


def a_missing_file_is_named():
    equal(run("--config", "/nonexistent.conf"),
          (78, "", "The configuration file /nonexistent.conf cannot be read: No such file or "
                   "directory.\n"))


def what_the_file_says_holds():
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        write(path, 'name = "our house"\nmessage_bytes = 64\n')
        with Server("--config", path) as server:
            ann = server.person()
            ann.say("Ann")
            ann.wait("Welcome to our house, Ann!")
            ann.say("x" * 65)
            ann.wait(r"\[SYSTEM\] .*64")
            equal(server.stop()[0], 0)


def reading_again_changes_what_can_change():
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        write(path, 'name = "before"\n')
        with Server("--config", path) as server:
            ann = server.person("Ann")
            write(path, 'name = "after"\nio_threads = 7\nmessage_bytes = 64\n')
            server.send(signal.SIGHUP)
            server.output.wait("The configuration has been read again.")
            server.output.wait("io_threads stays as it is until the server is started again.")
            bob = server.person()
            bob.say("Bob")
            bob.wait("Welcome to after, Bob!")
            ann.say("y" * 65)
            ann.wait(r"\[SYSTEM\] .*64")
            equal(server.stop()[0], 0)


def reading_a_bad_file_again_changes_nothing():
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        write(path, 'name = "before"\n')
        with Server("--config", path) as server:
            for bad in ('name = "after"\nprot = 5\n', 'name = "after', None):
                if bad is None:
                    os.unlink(path)
                else:
                    write(path, bad)
                server.output.text = ""
                server.send(signal.SIGHUP)
                server.output.wait("The configuration stays as it was. .*" + path)
            ann = server.person()
            ann.say("Ann")
            ann.wait("Welcome to before, Ann!")
            assert f'{path}:2: There is no setting' not in ann.text
            equal(server.stop()[0], 0)


def the_log_says_where_the_fault_is():
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        write(path, "")
        with Server("--config", path) as server:
            write(path, "\n\nprot = 5\n")
            server.send(signal.SIGHUP)
            server.output.wait(f"level=error event=reload_failed .*{path}:3: ")
            equal(server.stop()[0], 0)


def options_win_over_what_is_read_again():
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        write(path, "")
        with Server("--config", path, "--name", "option") as server:
            write(path, 'name = "file"\n')
            server.send(signal.SIGHUP)
            server.output.wait("The configuration has been read again.")
            ann = server.person()
            ann.say("Ann")
            ann.wait("Welcome to option, Ann!")
            equal(server.stop()[0], 0)


def without_a_file_there_is_nothing_to_read_again():
    with Server() as server:
        server.send(signal.SIGHUP)
        server.output.wait("There is no configuration file to read again")
        server.person("Ann")
        equal(server.stop()[0], 0)


run_tests([
    checking_prints_every_setting_in_the_form_of_the_file,
    checking_names_file_and_line,
    a_missing_file_is_named,
    what_the_file_says_holds,
    reading_again_changes_what_can_change,
    reading_a_bad_file_again_changes_nothing,
    the_log_says_where_the_fault_is,
    options_win_over_what_is_read_again,
    without_a_file_there_is_nothing_to_read_again,
])
