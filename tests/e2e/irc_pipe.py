#!/usr/bin/env python3
"""IRC clients without a terminal, with the real server: sic, ii, WeeChat headless, limnoria."""

import os

from irc_support import (Piped, before_anybody_came, converse, end_all, needs, spawn,
                         wait_for_file)
from server_support import Server, folder, run_tests


def sic_is_at_home():
    needs("sic")
    with Server() as server:
        ann = before_anybody_came(server)
        sic = Piped(["sic", "-h", "127.0.0.1", "-p", str(server.port), "-n", "Ian"])
        sic.wait_part("MOTD")
        sic.say(":j #lobby")
        sic.say(":s #lobby")
        converse(ann, sic.say, sic.wait_part, private=lambda text: sic.say(f":m Ann {text}"),
                 leave=lambda: sic.say(":l #lobby"))


def ii_is_at_home():
    needs("ii")
    with folder() as home, Server() as server:
        ann = before_anybody_came(server)
        spawn(["ii", "-i", home, "-s", "127.0.0.1", "-p", str(server.port), "-n", "Ian",
               "-f", "Ian of the files"])
        place = os.path.join(home, "127.0.0.1")
        wait_for_file(os.path.join(place, "out"), "MOTD")

        def write(where, line):
            with open(os.path.join(place, where, "in"), "w", encoding="utf-8") as fifo:
                fifo.write(line + "\n")

        def wait_part(part):
            private = part == "just for you"  # has a folder of its own
            wait_for_file(os.path.join(place, "ann" if private else "#lobby", "out"), part)

        write("", "/j #lobby")
        wait_part("Ian")
        converse(ann, lambda text: write("#lobby", text), wait_part,
                 private=lambda text: write("ann", text), leave=lambda: write("", "/q bye"))


def weechat_is_at_home(options="-notls -nossl"):
    needs("weechat-headless")
    with folder() as home, Server() as server:
        options = options.format(fingerprint=server.fingerprint())
        ann = before_anybody_came(server)
        spawn(["weechat-headless", "--dir", home, "-P", "irc,fifo,logger", "-r",
               "/set fifo.file.path ${weechat_config_dir}/fifo;"
               "/set logger.file.flush_delay 0;/set irc.server_default.nicks Ian;"
               f"/server add harbour 127.0.0.1/{server.port} {options};"
               "/set irc.server.harbour.autojoin #lobby;/connect harbour"])
        fifo = os.path.join(home, "fifo")

        def command(buffer, line):
            with open(fifo, "w", encoding="utf-8") as pipe:
                pipe.write(f"{buffer} *{line}\n")

        wait_for_file(os.path.join(home, "logs", "irc.harbour.#lobby.weechatlog"), "Ian")

        def wait_part(part):
            name = "ann" if part == "just for you" else "#lobby"
            wait_for_file(os.path.join(home, "logs", f"irc.harbour.{name}.weechatlog"), part)

        converse(ann, lambda text: command("irc.harbour.#lobby", text), wait_part,
                 private=lambda text: command("irc.harbour.#lobby", f"/msg Ann {text}"),
                 leave=lambda: command("irc.harbour.#lobby", "/quit bye"))


def weechat_is_at_home_in_tls():
    # Nobody has signed the server's own certificate, but it is known by its fingerprint. Older
    # versions say -ssl for -tls.
    weechat_is_at_home("-tls -tls_fingerprint={fingerprint} -ssl -ssl_fingerprint={fingerprint}")


BOT = """
supybot.nick: Bot
supybot.ident: bot
supybot.user: A bot of twenty years
supybot.networks: harbour
supybot.networks.harbour.servers: 127.0.0.1:{port}
supybot.networks.harbour.channels: #lobby
supybot.networks.harbour.ssl: False
supybot.plugins: Misc Utilities
supybot.plugins.Misc: True
supybot.plugins.Utilities: True
supybot.reply.whenAddressedBy.chars: @
supybot.directories.conf: {home}/conf
supybot.directories.data: {home}/data
supybot.directories.log: {home}/log
supybot.directories.backup: {home}/backup
"""


def limnoria_answers():
    needs("supybot")
    with folder() as home, Server() as server:
        ann = before_anybody_came(server)
        with open(os.path.join(home, "bot.conf"), "w", encoding="utf-8") as file:
            file.write(BOT.format(home=home, port=server.port))
        bot = spawn(["supybot", "--allow-root", os.path.join(home, "bot.conf")], cwd=home)
        ann.wait(r"\[SYSTEM\] Bot has joined the chat$")
        ann.say("@echo grüß dich 漢字")
        ann.wait(r"\] Bot: grüß dich 漢字$")
        ann.say("Bot: list Misc")
        ann.wait(r"\] Bot: Ann: .*version")
        ann.say("/pm Bot echo psst")
        ann.wait(r"\[PM from Bot\] psst$")
        ann.say("/whois Bot")
        ann.wait(r"\[SYSTEM\] Bot has been here")
        bot.terminate()
        ann.wait(r"\[SYSTEM\] Bot has left the chat")


try:
    run_tests([sic_is_at_home, ii_is_at_home, weechat_is_at_home, weechat_is_at_home_in_tls,
               limnoria_answers])
finally:
    end_all()
