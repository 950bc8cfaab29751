"""What the end-to-end tests of hobnobctl share."""

import contextlib
import os
import sqlite3
import subprocess

from server_support import LIMIT_S, Server, equal, folder

HOBNOBCTL = os.path.abspath(os.environ.get("HOBNOBCTL", "build/debug/hobnobctl"))


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
    """What people have said that is kept, oldest first."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return [text for text, in opened.execute(
            "SELECT text FROM message JOIN place ON place = number WHERE key <> '!audit'"
            " ORDER BY id")]
