#!/usr/bin/env python3
"""The configuration file of hobnobd: checked, used, read again."""

import os
import signal
import socket

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
        write(path, "port = many\n\nquux = 5\n")
        equal(run("--config", path),
              (78, "", f'{path}:1: port = "many" will not do: It must be a number from 0 to 65535.\n'
                       f'{path}:3: There is no setting "quux". hobnobd --check-config lists them '
                       "all.\n"))
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


def flood_profiles_come_and_go():
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        busy = 'flood_profile busy { messages = "2 in 60 s, then mute for 60 s" }\n'
        write(path, busy)
        with Server("--config", path) as server:
            ann = server.person("Ann")
            ann.say("/join #den")
            ann.wait("You are in #den now")
            ann.say("/mode flood busy")
            ann.wait("against floods to busy")
            bob = server.person("Bob")
            bob.say("/join #den")
            bob.wait("You are in #den now")
            for text in ("one", "two", "three"):
                bob.say(text)
            bob.wait("You have sent too much to #den")
            write(path, 'flood = "relaxed"\n')
            server.send(signal.SIGHUP)
            server.output.wait("There is no flood_profile .*busy.* in the configuration, but 1 room "
                               "names it, such as #den: there the setting flood .relaxed. holds.")
            carol = server.person("Carol")
            carol.say("/join #den")
            carol.wait("You are in #den now")
            for text in ("four", "five", "six"):
                carol.say(text)
            ann.wait("Carol: six")
            equal(server.stop()[0], 0)


def an_operator_of_irc_has_it_read_again():
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        write(path, 'operators = {"ian:correcthorse"}\n')
        with Server("--config", path) as server:
            ian = server.person()
            ian.say("NICK Ian\r\nUSER i 0 * :Ian\r\nOPER ian correcthorse\r")
            ian.wait(r"^:\S+ 381 Ian ")
            write(path, 'name = "after"\n')
            ian.say("REHASH\r")
            ian.wait(r"^:\S+ 382 Ian hobnobd.conf :Rehashing")
            server.output.wait("The configuration has been read again.")
            ian.say("VERSION\r")
            ian.wait(r"^:after 351 Ian hobnob-\S+ after :")
            ian.say("OPER ian correcthorse\r")
            ian.wait(r"^:after 464 Ian ")
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
            write(path, "port = many\n\nquux = 5\n")
            server.send(signal.SIGHUP)
            server.output.wait("The configuration stays as it was. .*" + path + ":1: port = ")
            server.output.wait("event=reload_failed .*" + path + ":3: There is no setting")
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
        server.output.wait("There is no configuration file to read again: this server was started")
        server.person("Ann")
        equal(server.stop()[0], 0)


class IrcClient:
    """Somebody with an IRC client, who signs in."""

    def __init__(self, port, name, password=None):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.text = b""
        words = f"PASS :{password}\r\n" if password else ""
        words += f"NICK {name}\r\nUSER {name} 0 * :{name}\r\n"
        self.socket.sendall(words.encode())

    def wait(self, word):
        """Everything up to `word`."""
        while word.encode() not in self.text:
            got = self.socket.recv(65536)
            assert got, f"no {word!r} in {self.text!r}, and the connection is closed"
            self.text += got
        before, _, self.text = self.text.partition(word.encode())
        return before.decode()

    def rest(self):
        while got := self.socket.recv(65536):
            self.text += got
        return self.text.decode()


def a_missing_message_of_the_day_is_named():
    with folder() as top:
        path, motd = os.path.join(top, "hobnobd.conf"), os.path.join(top, "motd")
        write(path, f'\nmotd = "{motd}"\n')
        expected = (78, "", f'{path}:2: motd = "{motd}" will not do: The file cannot be read: No '
                            "such file or directory.\n")
        equal(run("--config", path), expected)
        equal(run("--config", path, "--check-config"), expected)


def irc_clients_read_what_the_server_says_of_itself():
    with folder() as top:
        path, motd = os.path.join(top, "hobnobd.conf"), os.path.join(top, "motd")
        write(motd, "Be kind.\nHave fun.\n")
        write(path, f'name = "our house"\nnetwork = "ournet"\nmotd = "{motd}"\n')
        with Server("--config", path) as server:
            ann = IrcClient(server.port, "ann")
            said = ann.wait(" 376 ")
            assert "NETWORK=ournet " in said and ":- Be kind.\r\n" in said, said
            assert ":- Have fun.\r\n" in said, said
            write(motd, "Read again.\n")
            write(path, f'motd = "{motd}"\n')
            server.send(signal.SIGHUP)
            server.output.wait("The configuration has been read again.")
            ann.socket.sendall(b"MOTD\r\n")
            said = ann.wait(" 376 ")
            assert ":- Read again.\r\n" in said and "Have fun" not in said, said
            said = IrcClient(server.port, "bob").wait(" 376 ")
            assert "NETWORK=hobnob " in said, said
            os.unlink(motd)
            server.send(signal.SIGHUP)
            server.output.wait("The configuration stays as it was. .*motd")
            ann.socket.sendall(b"MOTD\r\n")
            ann.wait(":- Read again.\r\n")
            equal(server.stop()[0], 0)


def a_password_lets_nobody_in_who_does_not_know_it():
    with folder() as top:
        path = os.path.join(top, "hobnobd.conf")
        write(path, 'password = "open sesame"\noperators = {"ann:open barley"}\n')
        with Server("--config", path, listen=("any://127.0.0.1:0", "relay://127.0.0.1:0")) as server:
            ann = IrcClient(server.port, "ann", "open sesame")
            ann.wait(" 001 ")
            for password in (None, "open barley", "open sesame!"):
                assert " 001 " not in IrcClient(server.port, "bob", password).rest()
            relay = int(server.output.wait(r"Server listening on 127\.0\.0\.1:(\d+)")[1])
            eve = server.person()
            for line in ("CAP LS 302", "NICK eve", "REGISTER * * :of my own making"):
                eve.say(line)
            eve.wait("Finish connecting before you register an account")
            eve.socket.close()
            eve = server.person(port=relay)
            eve.say("Eve")
            eve.wait("This server asks for a password, which cannot be given here")
            eve.rest()
            eve = server.person()
            eve.say("Eve")
            eve.wait("This server asks everybody for its password. Type it:")
            for wrong in ("open barley", "open sesame!", "open", "OPEN SESAME"):
                eve.say(wrong)
                eve.wait("Type the server's password again, or an empty line for another name:")
            eve.say("x" * 300)
            eve.wait("Connect again with a free name")
            assert "Online Users" not in eve.rest()
            eve = server.person()
            eve.say("Eve")
            eve.wait("This server asks everybody for its password. Type it:")
            eve.say("open barley")
            eve.wait("Type the server's password again, or an empty line for another name:")
            eve.say("")
            eve.wait("Then choose another name:")
            eve.say("Eva")
            eve.wait("This server asks everybody for its password. Type it:")
            eve.say("barley")
            eve.wait("Type the server's password again, or an empty line for another name:")
            eve.say("open sesame")
            eve.wait("Online Users .*Eva")
            write(path, 'password = "open wheat"\n')
            server.send(signal.SIGHUP)
            server.output.wait("The configuration has been read again.")
            assert " 001 " not in IrcClient(server.port, "bob", "open sesame").rest()
            IrcClient(server.port, "bob", "open wheat").wait(" 001 ")
            write(path, 'password = "short"\n')
            server.send(signal.SIGHUP)
            server.output.wait("The configuration stays as it was. .*too short")
            server.send(signal.SIGUSR1)
            equal(server.stop()[0], 0)
            said = server.output.wait_end()
            for secret in ("sesame", "barley", "wheat"):
                assert secret not in said, said


run_tests([
    checking_prints_every_setting_in_the_form_of_the_file,
    checking_names_file_and_line,
    a_missing_file_is_named,
    what_the_file_says_holds,
    reading_again_changes_what_can_change,
    flood_profiles_come_and_go,
    an_operator_of_irc_has_it_read_again,
    reading_a_bad_file_again_changes_nothing,
    the_log_says_where_the_fault_is,
    options_win_over_what_is_read_again,
    without_a_file_there_is_nothing_to_read_again,
    a_missing_message_of_the_day_is_named,
    irc_clients_read_what_the_server_says_of_itself,
    a_password_lets_nobody_in_who_does_not_know_it,
])
