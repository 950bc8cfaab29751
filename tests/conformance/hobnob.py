"""Controller of hobnobd for irctest, the public conformance suite for IRC servers.

Put this folder on PYTHONPATH, HOBNOBD to the program, and run irctest with
--controller hobnob (see tests/conformance/README.md).
"""

import os
import shutil
import socket
from typing import Optional, Set, Type

from irctest import patma
from irctest.cases import BaseServerTestCase
from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.runner import NotImplementedByController
from irctest.specifications import Capabilities, OptionalBehaviors

# rooms_per_account: the suite expects who opens a channel to be "@" and not "~", the founder, which
# registered people are here; without it they become that by asking ChanServ.
CONFIG = """
listen = {{{listen}}}
name = "My.Little.Server"
description = "test server"
network = "ConformanceNet"
motd = "{motd}"
no_limits_for = {{"127.0.0.0/8", "::1"}}
ephemeral = yes
history_on_join_irc = 0
console = log
password_bytes_min = 1
password_bytes_max = 1024
registration = {registration}
registration_email = {registration_email}
scram = yes
always_on = {always_on}
rooms_per_account = 0
operators = {{"operuser:operpassword"}}
{password}
"""


class Wishes(dict):
    """What a test would change in another server's configuration."""

    def __missing__(self, key):
        self[key] = Wishes()
        return self[key]


class HobnobController(BaseServerController, DirectoryBasedController):
    software_name = "hobnob"
    supported_sasl_mechanisms: Set[str] = {"PLAIN", "EXTERNAL", "SCRAM-SHA-256"}
    supports_sts = False
    extban_mute_char = "m"

    capabilities = frozenset(
        (
            Capabilities.ACCOUNT_NOTIFY,
            Capabilities.ACCOUNT_TAG,
            Capabilities.AWAY_NOTIFY,
            Capabilities.BATCH,
            Capabilities.ECHO_MESSAGE,
            Capabilities.EXTENDED_JOIN,
            Capabilities.EXTENDED_MONITOR,
            Capabilities.LABELED_RESPONSE,
            Capabilities.MESSAGE_REDACTION,
            Capabilities.MESSAGE_TAGS,
            Capabilities.MULTILINE,
            Capabilities.MULTI_PREFIX,
            Capabilities.SERVER_TIME,
            Capabilities.SETNAME,
        )
    )

    optional_behaviors = frozenset(
        (
            OptionalBehaviors.BAN_EXCEPTION_MODE,
            OptionalBehaviors.CAP_REQ_MINUS,
            OptionalBehaviors.ELIST_U,
            OptionalBehaviors.INVITE_EXCEPTION_MODE,
            OptionalBehaviors.INVITE_OVERRIDES_LIMIT,
            OptionalBehaviors.MULTI_JOIN,
            OptionalBehaviors.MULTI_KICK,
            OptionalBehaviors.MULTI_PRIVMSG,
        )
    )

    isupport = {
        "ACCOUNTEXTBAN": "a",
        "BOT": "B",
        "CASEMAPPING": "ascii",
        "ELIST": patma.ANYSTR,
        "EXCEPTS": "e",
        "EXTBAN": "~,am",
        "INVEX": "I",
        "MONITOR": patma.ANYSTR,
        "PREFIX": "(qaohv)~&@%+",
        "STATUSMSG": "~&@%+",
        "TARGMAX": patma.ANYSTR,
        "UTF8ONLY": None,
        "WHOX": None,
    }

    def wait_for_services(self) -> None:
        pass  # they are part of the server

    def create_config(self) -> None:
        super().create_config()
        with self.open_file("hobnobd.conf"):
            pass

    def always_on(self) -> str:
        wishes = Wishes()
        if self.test_config.ergo_config:
            self.test_config.ergo_config(wishes)
        wish = wishes["accounts"]["multiclient"]["always-on"]
        return "everybody" if wish in ("opt-out", "mandatory") else "asked"

    def registerUser(
        self, case: BaseServerTestCase, username: str, password: Optional[str] = None
    ) -> None:
        assert password
        self.wait_for_port()
        # By the plain protocol, on the same port: an IRC line has no room for the longest
        # passwords.
        with socket.create_connection((self.hostname, self.port), timeout=30) as link:
            link.sendall(f"{username}\n/register {password}\n/quit\n".encode())
            answer = b"".join(iter(lambda: link.recv(4096), b"")).decode()
        assert "is yours now" in answer, answer

    def run(
        self,
        hostname: str,
        port: int,
        *,
        password: Optional[str],
        ssl: bool,
        run_services: bool,
        faketime: Optional[str],
        websocket_hostname: Optional[str],
        websocket_port: Optional[int],
    ) -> None:
        if ssl:
            raise NotImplementedByController("TLS")
        assert self.proc is None
        self.port = port
        self.hostname = hostname
        listen = [f"any://{hostname}:{port}"]
        if websocket_hostname:
            # The suite wants another port, though this one would do.
            listen.append(f"any://{websocket_hostname}:{websocket_port}")
        self.create_config()
        assert self.directory
        with self.open_file("motd.txt") as fd:
            fd.write("A message of the day\nin two lines\n")
        with self.open_file("hobnobd.conf") as fd:
            fd.write(
                CONFIG.format(
                    listen=", ".join(f'"{uri}"' for uri in listen),
                    motd=self.directory / "motd.txt",
                    registration="open"
                    if self.test_config.account_registration_before_connect
                    else "inside",
                    registration_email="required"
                    if self.test_config.account_registration_requires_email
                    else "optional",
                    always_on=self.always_on(),
                    password=f'password = "{password}"' if password else "",
                )
            )
        command = [os.environ["HOBNOBD"], "--config", self.directory / "hobnobd.conf"]
        if faketime and shutil.which("faketime"):
            command = ["faketime", "-f", faketime, *command]
            self.faketime_enabled = True
        self.proc = self.execute(command)


def get_irctest_controller_class() -> Type[HobnobController]:
    return HobnobController
