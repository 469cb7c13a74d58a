"""Makes rsa_2049.pkcs1.der and rsa_2049.spki.der, with a modulus of exactly 2049 bits.

    python3 rsa_2049.py

`openssl genrsa 2049` of OpenSSL 3 makes a key of 2048 bits without saying so. Needs Python 3.8 and `openssl`.
"""

import subprocess
from pathlib import Path

E = 65537


def prime(bits):
    """A random prime of so many bits, for which E has an inverse."""
    while True:
        p = int(subprocess.check_output(["openssl", "prime", "-generate", "-bits", str(bits)]))
        if (p - 1) % E:
            return p


def tagged(tag, content):
    """A DER value."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def integers(*numbers):
    """A DER sequence of integers that are not negative."""
    return tagged(0x30, b"".join(tagged(2, n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in numbers))


while True:
    p, q = prime(1025), prime(1024)
    if (p * q).bit_length() == 2049 and p != q:
        break
n, d = p * q, pow(E, -1, (p - 1) * (q - 1))
rsa_encryption = bytes.fromhex("300d06092a864886f70d0101010500")
here = Path(__file__).parent
(here / "rsa_2049.pkcs1.der").write_bytes(integers(0, n, E, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)))
(here / "rsa_2049.spki.der").write_bytes(tagged(0x30, rsa_encryption + tagged(3, b"\0" + integers(n, E))))
