#!/usr/bin/env python3
"""IRC over WebSocket on the same port: what a web client meets."""

import base64
import hashlib
import os
import re
import signal
import socket
import ssl
import struct

from server_support import LIMIT_S, Server, equal, folder, run_tests
from tls_support import write_config

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FIN = 0x80
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def request(*headers, line="GET /any/path HTTP/1.1"):
    return "\r\n".join((line, "Host: chat.example.org:5000", *headers, "", "")).encode()


def handshake(*headers, key="dGhlIHNhbXBsZSBub25jZQ=="):
    return request("Upgrade: websocket", "Connection: keep-alive, Upgrade",
                   f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *headers)


def frame(first, payload):
    mask = os.urandom(4)
    length = (bytes([0x80 | len(payload)]) if len(payload) < 126 else
              struct.pack(">BH", 0x80 | 126, len(payload)))
    return (bytes([first]) + length + mask +
            bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))


class Web:
    """Somebody who comes in over WebSocket."""

    def __init__(self, server, *headers, tls=False, name=None):
        self.socket = socket.create_connection(("127.0.0.1", server.port), LIMIT_S)
        self.socket.settimeout(LIMIT_S)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_alpn_protocols(["http/1.1"])
            self.socket = context.wrap_socket(self.socket)
            equal(self.socket.selected_alpn_protocol(), "http/1.1")
        self.read = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(handshake(*headers, key=key))
        self.head = self.take_until(b"\r\n\r\n").decode()
        if self.head.startswith("HTTP/1.1 101 "):
            accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
            assert f"\r\nSec-WebSocket-Accept: {accept}\r\n" in self.head, self.head
        if name:
            self.register(name)

    def more(self):
        got = self.socket.recv(65536)
        assert got, f"the connection is closed after {self.read!r}"
        self.read += got

    def take(self, count):
        while len(self.read) < count:
            self.more()
        taken, self.read = self.read[:count], self.read[count:]
        return taken

    def take_until(self, end):
        while end not in self.read:
            self.more()
        return self.take(self.read.index(end) + len(end))

    def frame(self):
        first, length = self.take(2)
        if length == 126:
            length, = struct.unpack(">H", self.take(2))
        return first, self.take(length)

    def say(self, line, kind=TEXT):
        self.socket.sendall(frame(FIN | kind, line.encode()))

    def wait(self, pattern, kind=TEXT):
        """Reads messages until one has the pattern in it."""
        while True:
            first, payload = self.frame()
            equal(first, FIN | kind)
            line = payload.decode()
            assert "\r" not in line and "\n" not in line, line
            if match := re.search(pattern, line):
                return match

    def register(self, name):
        self.say(f"NICK {name}")
        self.say(f"USER {name} 0 * :{name}")
        self.wait(rf" 001 {name} ")

    def closed(self, code):
        """The next frame closes with this code, and nothing follows."""
        first, payload = self.frame()
        equal(first, FIN | CLOSE)
        equal(struct.unpack(">H", payload[:2])[0], code)
        self.socket.sendall(frame(FIN | CLOSE, payload[:2]))
        equal(self.socket.recv(1), b"")
        self.socket.close()


def web_clients_and_others_talk():
    with Server() as server:
        ann = Web(server, "Sec-WebSocket-Protocol: text.ircv3.net, binary.ircv3.net", name="ann")
        assert "\r\nSec-WebSocket-Protocol: text.ircv3.net\r\n" in ann.head, ann.head
        ann.say("JOIN #lobby")
        ann.wait(" 366 ")
        bob = server.person("Bob")
        ann.wait("^:Bob!.* JOIN ")
        bob.say("hello from nc")
        ann.wait("^:Bob!.* PRIVMSG #lobby :hello from nc$")
        ann.say("PRIVMSG #lobby :hello from the web \u20ac")
        bob.wait("ann: hello from the web \u20ac$")
        ann.say("QUIT :bye")
        ann.wait("^ERROR ")
        ann.closed(1000)
        bob.wait("ann has left")
        bob.leave()


def who_wants_binary_messages_gets_them():
    with Server() as server:
        ann = Web(server, "Sec-WebSocket-Protocol: binary.ircv3.net")
        assert "\r\nSec-WebSocket-Protocol: binary.ircv3.net\r\n" in ann.head, ann.head
        ann.say("NICK ann", BINARY)
        ann.say("USER ann 0 * :Ann\r\n", BINARY)
        ann.wait(" 001 ann ", BINARY)
        ann.socket.sendall(frame(FIN | BINARY, b"PRIVMSG ann :caf\xe9"))
        ann.wait("^:.* FAIL PRIVMSG INVALID_UTF8 ", BINARY)


def who_names_no_protocol_gets_text():
    with Server() as server:
        ann = Web(server, "Sec-WebSocket-Protocol: mqtt", name="ann")
        assert "Sec-WebSocket-Protocol" not in ann.head, ann.head
        ann.say("PING here", BINARY)
        ann.wait("PONG .*here")


def over_tls_it_is_the_same():
    with Server("--no-limits-for", "127.0.0.1") as server:
        ann = Web(server, tls=True, name="ann")
        ann.say("WHOIS ann")
        ann.wait(" 671 ann ann :is using a secure connection")
        for i in range(60):  # more than a record of TLS
            ann.say(f"PRIVMSG ann :{i} {'x' * 400}")
        for i in range(60):
            ann.wait(f"PRIVMSG ann :{i} xxx")
        ann.say("QUIT")
        ann.wait("^ERROR ")
        ann.closed(1000)


def the_servers_end_is_told():
    with Server() as server:
        ann = Web(server, name="ann")
        server.send(signal.SIGTERM)
        ann.wait("^ERROR .*shutting down")
        ann.closed(1001)
        equal(server.process.wait(LIMIT_S), 0)


def a_password_is_asked_for_there_too():
    with folder() as top:
        config = os.path.join(top, "hobnobd.conf")
        write_config(config, 'password = "a long phrase"')
        with Server("--config", config) as server:
            ann = Web(server)
            ann.say("PASS :a long phrase")
            ann.register("ann")
            bob = Web(server)
            bob.say("NICK bob")
            bob.say("USER bob 0 * :Bob")
            bob.wait(" 464 ")


def a_listener_for_the_web_alone():
    with Server(listen=("http://127.0.0.1:0",)) as server:
        Web(server, name="ann")


def answers(server, sent):
    """Status line and headers of the answer to a request, which is checked."""
    with socket.create_connection(("127.0.0.1", server.port), LIMIT_S) as link:
        link.settimeout(LIMIT_S)
        link.sendall(sent)
        got = b"".join(iter(lambda: link.recv(65536), b""))
    head, body = got.split(b"\r\n\r\n", 1)
    equal(int(re.search(rb"\r\nContent-Length: (\d+)\r\n", head + b"\r\n")[1]), len(body))
    assert body.endswith(b".\n"), body
    return head.decode()


def a52_what_is_no_handshake_has_its_answer():
    with Server() as server:
        for sent, status in (
                (request(), "503 Service Unavailable"),
                (request("Content-Length: 10", line="POST / HTTP/1.1") + b"NICK ann\r\n",
                 "503 Service Unavailable"),
                (b"GET /old\r\n", "400 Bad Request"),
                (b"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
                (b"GET / HTTP/1.1\nHost: x\n\n", "400 Bad Request"),
                (request("X: a", " folded"), "400 Bad Request"),
                (request("Content-Length: 1", "Content-Length: 1"), "400 Bad Request"),
                (handshake("Content-Length: 5"), "400 Bad Request"),
                (handshake(key="short"), "400 Bad Request"),
                (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported"),
                (request(*(f"X-{i}: {i}" for i in range(2000))),
                 "431 Request Header Fields Too Large"),
                (request("X: " + "x" * 20000), "431 Request Header Fields Too Large")):
            head = answers(server, sent)
            assert head.startswith(f"HTTP/1.1 {status}\r\n"), (sent, head)
        head = answers(server, handshake().replace(b"Version: 13", b"Version: 8"))
        assert head.startswith("HTTP/1.1 426 Upgrade Required\r\n"), head
        assert "\r\nSec-WebSocket-Version: 13\r\n" in head, head
        server.person("Ann").leave()


def a53_pages_come_in_by_their_origin():
    with folder() as top:
        config = os.path.join(top, "hobnobd.conf")
        write_config(config)
        with Server("--config", config) as server:
            for origin, comes_in in (("http://chat.example.org:5000", True),
                                     ("https://web.example.org", False),
                                     ("null", False),
                                     ("http://chat.example.org:5000.evil.example", False)):
                head = Web(server, f"Origin: {origin}").head
                status = "101 Switching Protocols" if comes_in else "403 Forbidden"
                assert head.startswith(f"HTTP/1.1 {status}\r\n"), (origin, head)
            write_config(config, 'web_origins = {"https://web.example.org"}')
            server.send(signal.SIGHUP)
            server.output.wait("event=reloaded")
            head = Web(server, "Origin: https://web.example.org").head
            assert head.startswith("HTTP/1.1 101 "), head
            head = Web(server, "Origin: http://web.example.org").head
            assert head.startswith("HTTP/1.1 403 "), head


def a53_what_is_no_origin_cannot_be_listed():
    with folder() as top:
        config = os.path.join(top, "hobnobd.conf")
        write_config(config, 'web_origins = {"web.example.org"}')
        with Server("--config", config, ready=False) as server:
            server.output.wait("An origin stands as https://web.example.org")
            equal(server.process.wait(LIMIT_S), 78)


def a50_what_breaks_the_rules_is_closed_with_its_code():
    with Server() as server:
        bob = server.person("Bob")
        for sent, code in (
                (b"\x81\x04QUIT", 1002),                            # not masked
                (frame(FIN | 0x40 | TEXT, b"x"), 1002),             # a reserved bit
                (frame(FIN | 3, b"x"), 1002),                       # a reserved opcode
                (b"\x81\xff\x80" + b"\0" * 11 + b"x", 1002),        # 2^63 bytes
                (b"\x81\xff\x40" + b"\0" * 11 + b"x", 1009),        # 2^62 bytes
                (frame(TEXT, b"x") + frame(0, b"") * 70, 1009),     # without an end
                (frame(FIN | TEXT, b"x" * 16385), 1009),
                (frame(FIN | TEXT, b"caf\xe9"), 1007),
                (frame(FIN | TEXT, b"JOIN #a\r\nQUIT"), 1008),
                (frame(FIN | CLOSE, b"\x03\xed"), 1002)):           # 1005
            ann = Web(server, name="ann")
            ann.socket.sendall(frame(FIN | TEXT, b"PRIVMSG Bob :before") + sent)
            bob.wait("PM from ann.*before$")
            ann.wait("^ERROR ")
            ann.closed(code)
        bob.leave()


def a50_pings_are_answered():
    with Server() as server:
        ann = Web(server, name="ann")
        ann.say("PING end")
        ann.wait("PONG .*end")
        ann.socket.sendall(frame(FIN | PING, b"are you there"))
        equal(ann.frame(), (FIN | PONG, b"are you there"))


def a30_requests_that_never_end_are_given_up():
    with folder() as top:
        config = os.path.join(top, "hobnobd.conf")
        write_config(config, "first_byte_decided_ms = 300")
        with Server("--config", config) as server:
            bob = server.person("Bob")
            stuck = []
            for i in range(100):
                link = socket.create_connection(("127.0.0.1", server.port), LIMIT_S)
                link.settimeout(LIMIT_S)
                link.sendall(handshake()[:20 + i])
                stuck.append(link)
            for link in stuck:
                got = b"".join(iter(lambda link=link: link.recv(65536), b""))
                assert got.startswith(b"HTTP/1.1 408 Request Timeout\r\n"), got
                link.close()
            bob.leave()


if __name__ == "__main__":
    run_tests([
        web_clients_and_others_talk,
        who_wants_binary_messages_gets_them,
        who_names_no_protocol_gets_text,
        over_tls_it_is_the_same,
        the_servers_end_is_told,
        a_password_is_asked_for_there_too,
        a_listener_for_the_web_alone,
        a52_what_is_no_handshake_has_its_answer,
        a53_pages_come_in_by_their_origin,
        a53_what_is_no_origin_cannot_be_listed,
        a50_what_breaks_the_rules_is_closed_with_its_code,
        a50_pings_are_answered,
        a30_requests_that_never_end_are_given_up,
    ])
