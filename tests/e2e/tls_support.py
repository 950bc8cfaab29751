"""Certificates for the tests of TLS, and people who connect with it."""

import hashlib
import os
import re
import ssl
import subprocess

from irc_support import needs
from server_support import Person


class Secure(Person):
    """Somebody with a TLS connection; nobody checks the server's certificate."""

    def __init__(self, port, name=None, certificate=None):
        super().__init__(port)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket)
        self.fingerprint = hashlib.sha256(self.socket.getpeercert(True)).hexdigest()
        if name:
            self.say(name)
            self.wait(r"^Online Users .*\n=+\n")

    def register(self, name):
        self.say(f"NICK {name}\r\nUSER {name} 0 * :{name}\r")
        self.wait(r" 001 ")


def make_certificate(path, *more, days=100):
    """A self-signed one, with its key in the same file."""
    needs("openssl")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj",
                    "/CN=localhost", "-keyout", path + ".new", "-out", path + ".new", *more],
                   check=True, capture_output=True)
    with open(path + ".new", encoding="ascii") as file:
        pem = file.read()
    certificate = re.search(r"-----BEGIN CERT.*?-----END CERTIFICATE-----\n", pem, re.S)[0]
    os.rename(path + ".new", path)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


def write_config(path, *lines):
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
