"""Certificates for the tests of TLS."""

import hashlib
import os
import re
import ssl
import subprocess

from irc_support import needs


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
