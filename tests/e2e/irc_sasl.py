#!/usr/bin/env python3
"""IRC clients log in by SASL in TLS, with a password, by SCRAM and with a certificate, as they are
set up to: nobody types anything. Nobody gets the name Ian without it."""

import os

from client_support import Screen, run_screen_tests
from irc_support import end_all, needs, spawn
from server_support import Server, folder
from tls_support import Secure, make_certificate

PASSWORD = "correct horse battery"


def register(server, certificate):
    """Ian has an account, to which his certificate belongs, and is gone."""
    ian = Secure(server.port, certificate=certificate)
    ian.register("Ian")
    ian.say(f"REGISTER * * :{PASSWORD}\r")
    ian.wait(r"^:\S+ 900 ")
    ian.say("NS CERT ADD\r")
    ian.wait(r"NOTICE Ian :Your certificate lets you in as Ian")
    ian.say("QUIT\r")
    ian.rest()


def expect_logged_in(server):
    """The client comes in as Ian, in TLS, and is of Ian's account."""
    ann = server.person()
    ann.say("NICK Ann\r\nUSER a 0 * :Ann\r\nMONITOR + Ian\r\nWHOIS Ian\r")
    if ann.wait(r"^:\S+ (730|731) Ann :(\S+?)(!|\r)")[1] == "731":
        ann.wait(r"^:\S+ 730 Ann :Ian!")
        ann.say("WHOIS Ian\r")
    whois = ann.wait(r"(?s)^:\S+ 311 Ann Ian .*^:\S+ 318 ")[0]
    assert " 330 Ann Ian Ian :is logged in as" in whois, whois
    assert " 671 Ann Ian :is using a secure connection" in whois, whois


def serve(home):
    path = os.path.join(home, "hobnobd.conf")
    with open(path, "w", encoding="ascii") as config:
        config.write("scram = yes\n")
    return Server("--config", path)


IRSSI = """
servers = ({{ address = "127.0.0.1"; port = "{port}"; chatnet = "harbour"; autoconnect = "yes";
  use_tls = "yes"; tls_verify = "no"; {server} }});
chatnets = {{ harbour = {{ type = "IRC"; nick = "Ian"; {network} }}; }};
"""


def irssi_logs_in(network, server_has=""):
    needs("irssi")
    with folder() as home, serve(home) as server:
        pem = os.path.join(home, "ian.pem")
        make_certificate(pem)
        register(server, pem)
        with open(os.path.join(home, "config"), "w", encoding="ascii") as config:
            config.write(IRSSI.format(port=server.port, network=network,
                                      server=server_has.format(pem=pem)))
        with Screen("irssi", "--home", home, columns=120, program="env") as screen:
            screen.wait_part("SASL authentication succeeded")
            expect_logged_in(server)


def irssi_logs_in_with_a_password():
    irssi_logs_in(f'sasl_mechanism = "PLAIN"; sasl_username = "Ian"; sasl_password = "{PASSWORD}";')


def irssi_logs_in_with_a_certificate():
    irssi_logs_in('sasl_mechanism = "EXTERNAL";', 'tls_cert = "{pem}";')


def weechat_logs_in(options):
    needs("weechat-headless")
    with folder() as home, serve(home) as server:
        pem = os.path.join(home, "ian.pem")
        make_certificate(pem)
        register(server, pem)
        # Versions before 4.0 say -ssl for -tls, and pass over what they do not know.
        secure = " ".join(f"-{name} -{name}_verify=off -{name}_cert={pem}"
                          for name in ("tls", "ssl"))
        spawn(["weechat-headless", "--dir", home, "-P", "irc", "-r",
               "/set irc.server_default.nicks Ian;"
               f"/server add harbour 127.0.0.1/{server.port} {secure};{options}/connect harbour"])
        expect_logged_in(server)


def weechat_logs_in_with(mechanism):
    weechat_logs_in(f"/set irc.server.harbour.sasl_mechanism {mechanism};"
                    "/set irc.server.harbour.sasl_username Ian;"
                    f"/set irc.server.harbour.sasl_password {PASSWORD};")


def weechat_logs_in_with_a_password():
    weechat_logs_in_with("plain")


def weechat_logs_in_by_scram():
    weechat_logs_in_with("scram-sha-256")


def weechat_logs_in_with_a_certificate():
    weechat_logs_in("/set irc.server.harbour.sasl_mechanism external;")


try:
    run_screen_tests([
        irssi_logs_in_with_a_password,
        irssi_logs_in_with_a_certificate,
        weechat_logs_in_with_a_password,
        weechat_logs_in_by_scram,
        weechat_logs_in_with_a_certificate,
    ])
finally:
    end_all()
