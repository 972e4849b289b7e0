"""Encryption of a backup: AES-256-GCM over each block, as the STREAM construction has it.

A nonce is 7 bytes of chance, the number of the block and whether it is the last one; each block is bound to the header.
So no block can be changed, moved, left out or taken from another backup. The key is made for one backup alone, out of
a passphrase (scrypt) or a key file (HKDF) and 16 bytes of salt.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from os import urandom
from pathlib import Path
from typing import Any

from cody2zoho.errors import ConfigurationError, Damaged

FEWEST_CHARACTERS = 12
_FEWEST_KEY_BYTES = 32
_MOST_KEY_BYTES = 4096

#: 32 MB and a third of a second for each guess.
_COST = {"n": 2**15, "r": 8, "p": 3}
#: A header that somebody else wrote must not take all memory, or hours.
_MOST_COST = {"n": 2**18, "r": 8, "p": 8}

_NO_LIBRARY = (
    "Encryption needs a package that is not there: install cody2zoho with its extra `backup` "
    "(pip install 'cody2zoho[backup]')"
)


@dataclass(frozen=True)
class Secret:
    """What a backup is closed with: a passphrase, or the content of a key file."""

    value: bytes
    is_file: bool = False


def of_passphrase(passphrase: str) -> Secret:
    if len(passphrase) < FEWEST_CHARACTERS:
        raise ConfigurationError([f"The passphrase of a backup needs {FEWEST_CHARACTERS} characters at least."])
    return Secret(passphrase.encode())


def of_file(path: Path) -> Secret:
    try:
        with path.open("rb") as file:
            value = file.read(_MOST_KEY_BYTES + 1)
    except OSError as error:
        raise ConfigurationError([f"The key file {path} cannot be read: {error.strerror}."]) from None
    if not _FEWEST_KEY_BYTES <= len(value) <= _MOST_KEY_BYTES:
        raise ConfigurationError(
            [f"The key file {path} must have 32 to 4096 bytes, and has not: openssl rand -out FILE 32 makes one."]
        )
    return Secret(value, is_file=True)


def new(secret: Secret) -> tuple["Sealed", dict[str, Any]]:
    """A key for one backup, and what its header has to say of it."""
    facts: dict[str, Any] = {
        "cipher": "AES-256-GCM",
        "by": "key file" if secret.is_file else "passphrase",
        "salt": urandom(16).hex(),
        "nonce": urandom(7).hex(),
        **({} if secret.is_file else {"kdf": "scrypt", **_COST}),
    }
    return opened(facts, secret, ""), facts


def opened(facts: dict[str, Any], secret: Secret, name: str) -> "Sealed":
    """The key that a header tells of. Raises Damaged where the secret is of the other kind."""
    if not _is_known(facts):
        raise Damaged(f"{name} is encrypted in a way that this cody2zoho does not know: update it.")
    if (facts["by"] == "key file") != secret.is_file:
        raise Damaged(f"{name} is encrypted with a {facts['by']}: name that one.")
    library = _library()
    salt = bytes.fromhex(facts["salt"])
    derived = library.of_file if secret.is_file else library.of_passphrase
    return Sealed(
        library.cipher(derived(secret.value, salt, facts)), bytes.fromhex(facts["nonce"]), name, library.wrong
    )


def _is_known(facts: dict[str, Any]) -> bool:
    """Whether a header, whoever wrote it, asks for nothing but what we do, and for no more than is sensible."""
    if facts.get("cipher") != "AES-256-GCM" or facts.get("by") not in ("passphrase", "key file"):
        return False
    digits = {"salt": 32, "nonce": 14}
    has_chance = all(re.fullmatch(f"[0-9a-f]{{{length}}}", str(facts.get(part, ""))) for part, length in digits.items())
    return has_chance and (facts["by"] == "key file" or _is_affordable(facts))


def _is_affordable(facts: dict[str, Any]) -> bool:
    """As scrypt takes it, whose n is a power of two, and for no more than is sensible."""
    if not all(isinstance(facts.get(one), int) and 0 < facts[one] <= most for one, most in _MOST_COST.items()):
        return False
    cost: int = facts["n"]
    return cost > 1 and cost.bit_count() == 1


@dataclass(frozen=True)
class Sealed:
    """Closes and opens the blocks of one backup."""

    cipher: Any
    prefix: bytes
    name: str
    wrong: type[Exception]

    def close(self, plain: bytes, place: int, bound: bytes, *, is_last: bool = False) -> bytes:
        return bytes(self.cipher.encrypt(self._nonce(place, is_last=is_last), plain, bound))

    def open(self, closed: bytes, place: int, bound: bytes, *, is_last: bool = False) -> bytes:
        try:
            return bytes(self.cipher.decrypt(self._nonce(place, is_last=is_last), closed, bound))
        except self.wrong:
            # Its bytes are as they were written: their checks come first.
            raise Damaged(f"{self.name} does not open: this is not the key it was closed with.") from None

    def _nonce(self, place: int, *, is_last: bool) -> bytes:
        return self.prefix + struct.pack(">I?", place, is_last)


@dataclass(frozen=True)
class _Library:
    cipher: Callable[[bytes], Any]
    of_passphrase: Callable[[bytes, bytes, dict[str, Any]], bytes]
    of_file: Callable[[bytes, bytes, dict[str, Any]], bytes]
    wrong: type[Exception]


def _library() -> _Library:
    """Loaded when a backup is encrypted: 20 ms, and an extra."""
    try:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError([_NO_LIBRARY]) from None

    def of_passphrase(value: bytes, salt: bytes, facts: dict[str, Any]) -> bytes:
        return Scrypt(salt=salt, length=32, n=facts["n"], r=facts["r"], p=facts["p"]).derive(value)

    def of_file(value: bytes, salt: bytes, _facts: dict[str, Any]) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"cody2zoho backup").derive(value)

    return _Library(AESGCM, of_passphrase, of_file, InvalidTag)
