#!/usr/bin/env python3
"""What the operator of hobnobd sees: the transcripts of the first users' documents, the log,
the developer's windows."""

import os
import re
import signal
import socket

from server_support import Server, equal, free_port, person_when_ready, run_tests

TIME = r"\[\d\d:\d\d:\d\d\] "


def shown(server):
    """What is on the terminal by now, with the times taken out."""
    return re.sub(TIME, "[TIME] ", server.output.text.replace("\r\n", "\n"))


def a_chat_is_seen_as_the_documents_show_it():
    with Server(terminal=True) as server:
        alice = server.person("Alice")
        server.output.wait("Active clients: 1")
        bob = server.person("Bob")
        server.output.wait("Active clients: 2")
        alice.say("Hello Bob!")
        bob.wait("Alice: Hello Bob!")
        bob.say("Hi Alice! How are you?")
        alice.wait("Bob: Hi Alice! How are you?")
        alice.say("/pm Bob This is a private message")
        bob.wait("This is a private message")
        bob.leave()
        server.output.wait("left the chat")
        equal(server.stop()[0], 0)
        server.output.wait_end()
        text = shown(server)
        start = text.index("[INFO] New connection")
        expected = f"""\
[INFO] New connection from 127.0.0.1:{alice.port}
[TIME] [JOIN] Alice joined from 127.0.0.1:{alice.port}
[INFO] Active clients: 1
[INFO] New connection from 127.0.0.1:{bob.port}
[TIME] [JOIN] Bob joined from 127.0.0.1:{bob.port}
[INFO] Active clients: 2
[TIME] [BROADCAST] Alice: Hello Bob!
[TIME] [BROADCAST] Bob: Hi Alice! How are you?
[TIME] [PM] Alice -> Bob
[TIME] [LEAVE] Bob left the chat
[INFO] Active clients: 1
[INFO] The server is shutting down.
[TIME] [LEAVE] Alice left the chat
[INFO] Active clients: 0
"""
        equal(text[start:], expected)
        banner = text[:start].splitlines()
        equal(banner[0], "=" * 60)
        equal(banner[1], " " * 27 + "HOBNOB")
        equal(banner[3], f"Listening on 127.0.0.1:{server.port} (nc, IRC, hobnob)")
        equal(server.errors.text, "")


def a_relay_is_seen_as_the_documents_show_it():
    with Server(listen=("relay://127.0.0.1:0",), terminal=True) as server:
        first = server.person()
        server.output.wait(r"New connection from \('127.0.0.1', %d\)" % first.port)
        second = server.person()
        server.output.wait(r"New connection from \('127.0.0.1', %d\)" % second.port)
        first.say("Hi!")
        second.wait(f"{first.port}: Hi!")
        second.say("Hello!")
        first.wait(f"{second.port}: Hello!")
        second.say("exit")
        second.rest()
        server.output.wait("disconnected")
        text = shown(server)
        equal(text, f"""\
Server listening on 127.0.0.1:{server.port}
New connection from ('127.0.0.1', {first.port})
New connection from ('127.0.0.1', {second.port})
{first.port}: Hi!
{second.port}: Hello!
Client ('127.0.0.1', {second.port}) disconnected.
""")
        equal(server.stop()[0], 0)
        equal(server.output.wait_end().count(f"{second.port}) disconnected"), 1)


def elsewhere_it_logs_and_never_a_text():
    with Server() as server:
        ann, bob = server.person("Ann"), server.person("Bob")
        ann.say("a secret")
        bob.wait("a secret")
        ann.say("/pm Bob another secret")
        bob.wait("another secret")
        bob.leave()
        equal(server.stop()[0], 0)
        text = server.output.wait_end()
        assert re.search(r'level=info event=joined name="Ann" from=127\.0\.0\.1:\d+ online=1', text)
        assert re.search(r'level=info event=left name="Bob" reason="quit" online=1', text), text
        assert re.search(r"event=stopped uptime_s=\d+ accepted=2 .* messages=1 .* private=1 "
                         r".*closed_quit=1", text), text
        assert "secret" not in text, text
        for line in text.splitlines():
            assert re.match(r"time=\S+Z level=\w+ event=\w+ ", line), line


def quiet_says_nothing_when_all_is_well():
    port = free_port()
    with Server("--console=quiet", listen=(f"any://127.0.0.1:{port}",), ready=False) as server:
        person_when_ready(port, "Ann").leave()
        equal(server.stop()[0], 0)
        equal(server.output.wait_end(), "")


def a01_nobody_draws_on_the_operators_terminal():
    with Server(terminal=True) as server:
        ann = server.person("Ann")
        ann.say("\x1b]0;title\x07\x1b[2J\u202e")
        server.output.wait("BROADCAST")
        server.output.wait(r"\\x1b\]0;title\\x07\\x1b\[2J\\u\{202e\}")
        assert "\x1b" not in server.output.text
        equal(server.stop()[0], 0)


def a_stopped_terminal_stops_nobody():
    """Nobody reads what the server prints, as after Ctrl-S."""
    port = free_port()
    reader, writer = os.pipe()
    with Server("--console=chat", "--no-limits-for", "127.0.0.1", ready=False, to=writer,
                listen=(f"any://127.0.0.1:{port}",)) as server:
        os.close(writer)
        ann, bob = person_when_ready(port, "Ann"), server.person("Bob", port)
        for i in range(60):
            ann.say(f"{i} " + "x" * 3000)
        bob.wait("^.*Ann: 59 ")
        status, seconds = server.stop()
        equal(status, 0)
        assert seconds < 5, seconds
    os.close(reader)


def sigusr1_prints_a_line_for_each_connection():
    with Server(terminal=True) as server:
        ann, bob = server.person("Ann"), server.person("Bob")
        server.send(signal.SIGUSR1)
        server.errors.wait(r"^connections=2 users=2 uptime_s=\d+ accepted=2 ")
        for person, name in ((ann, "Ann"), (bob, "Bob")):
            server.errors.wait(rf"^conn=plain#\d+ peer=127\.0\.0\.1:{person.port} user={name} "
                               r"rooms=#lobby lag_bytes=\d+ buffered_bytes=0$")
        equal(server.stop()[0], 0)


def verbose_draws_arrows():
    with Server("-v", terminal=True) as server:
        ann = server.person("Ann")
        ann.say("hello arrows")
        server.errors.wait(r"^(->|<-) .*plain#\d+.*hello arrows")
        equal(server.stop()[0], 0)


def answer_to(opening):
    with Server() as server:
        with socket.create_connection(("127.0.0.1", server.port), 10) as client:
            client.sendall(opening)
            answer = b""
            while got := client.recv(4096):
                answer += got
        server.person("Ann").leave()  # it is still there
        equal(server.stop()[0], 0)
    return answer


def an_irc_client_is_welcomed_by_the_same_port():
    answer = answer_to(b"CAP LS 302\r\nNICK ann2\r\nUSER ann 0 * :Ann\r\nCAP END\r\nQUIT :bye\r\n")
    assert b" 001 ann2 :Welcome to" in answer
    assert answer.endswith(b"ERROR :Closing link: Goodbye.\r\n")


def a54_http_is_told_that_it_is_not_served():
    answer = answer_to(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    equal(head.split(b"\r\n")[0], b"HTTP/1.1 503 Service Unavailable")
    assert b"Connection: close" in head
    equal(int(re.search(rb"Content-Length: (\d+)", head)[1]), len(body))


def a54_rubbish_after_the_first_bytes_of_tls_gets_an_alert():
    answer = answer_to(bytes.fromhex("1603010005010000010000"))
    equal((answer[:1], len(answer)), (b"\x15", 7))


def a54_other_protocols_get_nothing():
    equal(answer_to(b"SSH-2.0-OpenSSH_9.2\r\n"), b"")
    equal(answer_to(b"EHLO mail.example.org\r\n"), b"")


run_tests([
    a_chat_is_seen_as_the_documents_show_it,
    a_relay_is_seen_as_the_documents_show_it,
    elsewhere_it_logs_and_never_a_text,
    quiet_says_nothing_when_all_is_well,
    a01_nobody_draws_on_the_operators_terminal,
    a_stopped_terminal_stops_nobody,
    sigusr1_prints_a_line_for_each_connection,
    verbose_draws_arrows,
    an_irc_client_is_welcomed_by_the_same_port,
    a54_http_is_told_that_it_is_not_served,
    a54_rubbish_after_the_first_bytes_of_tls_gets_an_alert,
    a54_other_protocols_get_nothing,
])
