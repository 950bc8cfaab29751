#!/usr/bin/env python3
"""hobnob and registered names: the password is asked for once, shown nowhere, and a token is kept."""

import os
import stat

from client_support import Screen, equal, free_port, run, run_screen_tests, wait_until
from server_support import Server, folder

PASSWORD = "correct horse battery"


class Home:
    """Where hobnob remembers."""

    def __init__(self, path):
        self.path = path
        self.environment = {"XDG_STATE_HOME": path}
        self.file = os.path.join(path, "hobnob", "tokens")

    def screen(self, where, **more):
        return Screen("Ann@" + where, environment=f"env XDG_STATE_HOME={self.path}", **more)

    def tokens(self):
        if not os.path.exists(self.file):
            return []
        with open(self.file, encoding="utf-8") as file:
            return file.read().splitlines()


def serve(data, where):
    return Server(data=data, listen=(f"any://{where}",))


def register(server):
    ann = server.person("Ann")
    ann.say(f"/register {PASSWORD}")
    ann.wait(r"The name Ann is yours now")
    ann.leave()


def type_password(screen, home):
    """Everything typed or handed out stays unseen."""
    screen.wait_part('The name "Ann" is registered. Type its password:')
    screen.wait_last("Password:")
    screen.type(PASSWORD)
    screen.keys("Enter")
    screen.wait_part("Welcome to ")
    token = wait_until(home.tokens, "no token is kept")[0].split()[-1]
    screen.say("hello")
    screen.wait_part("You: hello")
    seen = "\n".join(screen.lines())
    assert PASSWORD not in seen and token not in seen and "/token" not in seen, seen
    return token


def a_password_is_typed_once():
    where = f"127.0.0.1:{free_port()}"
    with folder() as data, folder() as top:
        home = Home(top)
        with serve(data, where) as server:
            register(server)
            bob = server.person("Bob")
            with home.screen(where) as screen:
                token = type_password(screen, home)
                equal(home.tokens(), [f"{where} Ann {token}"])
                equal(stat.S_IMODE(os.stat(home.file).st_mode), 0o600)
                screen.say("/quit")
                screen.wait("status 0")
            # A pipe comes in by it too.
            status, out, err = run("--name", "Ann", where, given=b"from a pipe\n",
                                   environment=home.environment)
            equal(status, 0)
            bob.wait(r"Ann: from a pipe$")
            assert token not in out + err and "password" not in out + err, (out, err)
            screen = home.screen(where)
            screen.wait_part("Welcome to ")
            equal(server.stop()[0], 0)
        with screen, serve(data, where) as server:
            screen.wait_part("Connected again")
            bob = server.person("Bob")
            screen.say("here again")
            bob.wait(r"Ann: here again$")
            assert "Password" not in "\n".join(screen.lines()), screen.lines()


def a_token_that_has_ended_is_replaced():
    where = f"127.0.0.1:{free_port()}"
    with folder() as top, serve(None, where) as server:
        home = Home(top)
        register(server)
        os.makedirs(os.path.dirname(home.file))
        with open(home.file, "w", encoding="utf-8") as file:
            file.write("# mine\nother:5000 Ann hobnob-token:" + "1" * 64 + "\n"
                       f"{where} ann hobnob-token:" + "2" * 64 + "\n")
        status, _, err = run("--name", "Ann", where, given=b"hi\n", environment=home.environment)
        equal(status, 77)
        assert "in a pipe nobody can type its password. Use the name once in a terminal" in err, err
        equal(home.tokens(), ["# mine", "other:5000 Ann hobnob-token:" + "1" * 64])
        with home.screen(where) as screen:
            screen.wait_last("Password:")
            screen.say(PASSWORD)
            wait_until(lambda: len(home.tokens()) == 3, lambda: home.tokens())
        equal(run("--name", "Ann", where, given=b"hi\n", environment=home.environment)[0], 0)


def a_wrong_password_is_asked_for_again_unseen():
    where = f"127.0.0.1:{free_port()}"
    with folder() as top, serve(None, where) as server:
        home = Home(top)
        register(server)
        with home.screen(where) as screen:
            screen.wait_last("Password:")
            screen.say("wrong horses")
            screen.wait_part("do not belong together")
            screen.wait_part('Type the password of "Ann" again')
            screen.wait_last("Password:")
            screen.say(PASSWORD)
            screen.wait_part("Welcome to ")
            assert "horse" not in "\n".join(screen.lines()), screen.lines()


def an_empty_password_goes_back_to_the_names():
    where = f"127.0.0.1:{free_port()}"
    with folder() as top, serve(None, where) as server:
        home = Home(top)
        register(server)
        with home.screen(where) as screen:
            screen.wait_last("Password:")
            screen.say("wrong horses")
            screen.wait_part('Type the password of "Ann" again')
            screen.wait_last("Password:")
            screen.keys("Enter")
            screen.wait_part("Then choose another name:")
            screen.wait_last("Enter your username:")
            screen.say("Bea")
            screen.wait_part("Welcome to ")
            assert "horse" not in "\n".join(screen.lines()), screen.lines()


def a_dumb_terminal_shows_no_password_either():
    where = f"127.0.0.1:{free_port()}"
    with folder() as top, serve(None, where) as server:
        home = Home(top)
        register(server)
        with Screen("TERM=dumb", f"XDG_STATE_HOME={top}", os.environ.get(
                "HOBNOB", "build/debug/hobnob"), "Ann@" + where, program="env") as screen:
            screen.wait_part("Password:")
            screen.type(PASSWORD)
            screen.keys("Enter")
            screen.wait_part("Welcome to ")
            screen.say("hello")
            screen.wait_part("You: hello")
            assert PASSWORD not in "\n".join(screen.lines()), screen.lines()


run_screen_tests([
    a_password_is_typed_once,
    a_token_that_has_ended_is_replaced,
    a_wrong_password_is_asked_for_again_unseen,
    an_empty_password_goes_back_to_the_names,
    a_dumb_terminal_shows_no_password_either,
])
