"""A backup that is not to the last byte what was written is refused, with a sentence, and nothing of it is used."""

import hashlib
import io
import json
import struct
import zlib
from collections.abc import Iterator

import pytest

from cody2zoho.backup import sealing
from cody2zoho.backup.container import MAGIC, Header, Reader, Totals, ended, headed, written
from cody2zoho.errors import ConfigurationError, Damaged

HEADER = Header(1_760_000_000, "1.2.3", 2, "0123456789abcdef", ("support",))
LINES = [json.dumps({"is": "finished", "id": f"Conversation{one}", "record": "created 57"}) for one in range(3)]
PASSPHRASE = sealing.Secret(b"a passphrase of some length")
#: Costs no third of a second.
SECRET = sealing.Secret(bytes(range(32)), is_file=True)


def bytes_of(lines: list[str], secret: sealing.Secret | None = None) -> bytes:
    seal, facts = sealing.new(secret) if secret else (None, None)
    return b"".join(written(Header(**{**vars(HEADER), "sealed": facts}), lines, Totals({"created": 3}), seal))


def read(whole: bytes, secret: sealing.Secret | None = None) -> list[str]:
    reader = Reader(io.BytesIO(whole), "one")
    seal = sealing.opened(reader.header.sealed, secret, "one") if secret else None
    return list(reader.lines(seal))


def frames(whole: bytes) -> list[tuple[bytes, bytes]]:
    """Letter and body of each."""
    found, at = [], len(MAGIC)
    while at < len(whole) - 8:
        length = struct.unpack(">I", whole[at + 1 : at + 5])[0]
        found.append((whole[at : at + 1], whole[at + 5 : at + 5 + length]))
        at += 5 + length + 32
    return found


def forged(parts: list[tuple[bytes, bytes]]) -> bytes:
    """The file of somebody who knows how checks are made."""
    whole, check, size = MAGIC, hashlib.sha256(MAGIC).digest(), 0
    for letter, body in parts:
        frame = letter + struct.pack(">I", len(body)) + body
        check = hashlib.sha256(check + frame).digest()
        whole, size = whole + frame + check, len(frame) + 32
    return whole + struct.pack(">I", size) + b"end."


@pytest.mark.parametrize("secret", [None, SECRET], ids=["plain", "encrypted"])
def test_what_was_written_is_read(secret: sealing.Secret | None) -> None:
    whole = bytes_of(LINES, secret)
    assert read(whole, secret) == LINES
    reader = Reader(io.BytesIO(whole), "one")
    reader.check()
    assert (reader.totals.states, reader.totals.blocks) == ({"created": 3}, 1)
    assert (b"Conversation0" in zlib.decompress(frames(bytes_of(LINES))[1][1])) is True


@pytest.mark.parametrize("secret", [None, SECRET], ids=["plain", "encrypted"])
def test_a_file_cut_short_anywhere_is_refused(secret: sealing.Secret | None) -> None:
    whole = bytes_of(LINES, secret)
    for size in range(len(whole)):
        with pytest.raises(Damaged, match=r"^one is (cut short|no backup)"):
            Reader(io.BytesIO(whole[:size]), "one").check()


@pytest.mark.parametrize("secret", [None, SECRET], ids=["plain", "encrypted"])
def test_a_change_of_any_one_byte_is_refused(secret: sealing.Secret | None) -> None:
    whole = bytes_of(LINES, secret)
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(Damaged, match=r"^one (is|was|has) "):
            Reader(io.BytesIO(changed), "one").check()


def test_what_stands_behind_the_end_is_refused() -> None:
    with pytest.raises(Damaged, match="was changed"):
        Reader(io.BytesIO(bytes_of(LINES) + b"\0"), "one").check()


def test_a_newer_format_is_refused_with_what_to_do() -> None:
    header = json.dumps({"format": 7, "version": "9.9", "of": "whatever comes"}).encode()
    with pytest.raises(Damaged, match=r"one has format 7, written by cody2zoho 9\.9, .* up to 1: update it"):
        Reader(io.BytesIO(forged([(b"H", header)])), "one")


@pytest.mark.parametrize(
    "wrong", [{"bots": 5}, {"bots": None}, {"schema": None}, {"made_at": "now"}, {"zoho": 1}, {"sealed": "x"}]
)
def test_a_header_that_somebody_else_wrote_is_a_sentence(wrong: dict[str, object]) -> None:
    [(_, header), *rest] = frames(bytes_of(LINES))
    with pytest.raises(Damaged, match="is no backup of cody2zoho"):
        read(forged([(b"H", json.dumps(json.loads(header) | wrong).encode()), *rest]))


@pytest.mark.parametrize("end", ["", '{"states": null}', '{"states": {}, "lines": "x", "blocks": 1}', '{"blocks": 1}'])
def test_totals_that_somebody_else_wrote_are_a_sentence(end: str) -> None:
    whole = forged([*frames(bytes_of(LINES))[:-1], (b"E", b"\0\0" + end.encode() if end else b"")])
    with pytest.raises(Damaged, match=r"one (is no backup|was changed)"):
        read(whole)
    with pytest.raises(Damaged, match=r"one is (no backup|cut short)"):
        ended(lambda offset, length: whole[offset : offset + length], len(whole), "one")


def test_a_block_that_claims_gigabytes_takes_no_memory() -> None:
    bomb = zlib.compress(b"x" * 50_000_000)
    parts = frames(bytes_of(LINES))
    with pytest.raises(Damaged, match="block 1"):
        read(forged([parts[0], (b"B", bomb), parts[-1]]))
    with pytest.raises(Damaged, match="was changed"):
        Reader(io.BytesIO(MAGIC + b"H" + b"\xff" * 4), "one")


def many_blocks() -> list[str]:
    return [f"{number} {hashlib.sha256(str(number).encode()).hexdigest()}" for number in range(12_000)]


def forgeries(
    parts: list[tuple[bytes, bytes]], other: list[tuple[bytes, bytes]]
) -> Iterator[list[tuple[bytes, bytes]]]:
    """What can be done with the blocks of two encrypted backups without their key."""
    head, first, second, *rest = parts
    yield [head, second, first, *rest]
    yield [head, first, first, *rest]
    yield [head, first, other[2], *rest]
    yield [other[0], first, second, *rest]
    # The last block and the totals that fit without it.
    mark = struct.unpack(">H", rest[-1][1][:2])[0]
    totals = json.loads(rest[-1][1][2 + mark :]) | {"blocks": len(parts) - 3}
    yield [head, first, second, *rest[:-2], (b"E", rest[-1][1][: 2 + mark] + json.dumps(totals).encode())]
    yield [head, first, second, *rest[:-1], (b"E", struct.pack(">H", 0) + rest[-1][1][2 + mark :])]


def test_blocks_of_an_encrypted_backup_cannot_be_moved_swapped_or_left_out() -> None:
    whole = bytes_of(many_blocks(), SECRET)
    assert read(whole, SECRET) == many_blocks()
    parts, other = frames(whole), frames(bytes_of(many_blocks(), SECRET))
    assert len(parts) > 4
    refused = 0
    for forgery in forgeries(parts, other):
        bytes_ = forged(forgery)
        with pytest.raises(Damaged, match="does not open"):
            read(bytes_, SECRET)
        refused += 1
    assert refused == 6
    assert read(forged(parts), SECRET) == many_blocks()


def test_without_the_right_key_nothing_is_read() -> None:
    whole = bytes_of(LINES, PASSPHRASE)
    assert b"Conversation" not in whole
    assert read(whole, PASSPHRASE) == LINES
    with pytest.raises(Damaged, match="not the key it was closed with"):
        read(whole, sealing.Secret(b"another passphrase"))
    with pytest.raises(Damaged, match="encrypted with a passphrase: name that one"):
        read(whole, SECRET)


def test_a_key_file_closes_and_opens(tmp_path) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    secret = sealing.of_file(tmp_path / "key")
    assert read(bytes_of(LINES, secret), secret) == LINES
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(ConfigurationError, match="must have 32 to 4096 bytes"):
        sealing.of_file(tmp_path / "key")
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        sealing.of_file(tmp_path / "nothing")


def test_a_passphrase_that_is_soon_guessed_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="12 characters"):
        sealing.of_passphrase("too short")


def test_a_header_that_asks_for_all_memory_is_refused() -> None:
    given = {"cipher": "AES-256-GCM", "by": "passphrase", "salt": "00" * 16, "nonce": "00" * 7, "n": 2, "r": 8, "p": 1}
    assert sealing.opened(given, PASSPHRASE, "one")
    facts = given | {"n": 2**30}
    costs = ({"n": 0}, {"n": 1}, {"n": 3}, {"n": "two"}, {"n": None})
    for wrong in ({"by": "nobody"}, {"n": 2, "salt": "zz"}, {"n": 2, "nonce": None}, {"n": 2, "nonce": "00"}, *costs):
        with pytest.raises(Damaged, match="does not know"):
            sealing.opened({**facts, **wrong}, PASSPHRASE, "one")
    with pytest.raises(Damaged, match="does not know"):
        sealing.opened(facts, PASSPHRASE, "one")
    with pytest.raises(Damaged, match="does not know"):
        sealing.opened({**facts, "cipher": "ROT13", "n": 2}, PASSPHRASE, "one")


def test_no_two_backups_have_the_same_key_or_nonce() -> None:
    facts = [sealing.new(SECRET)[1] for _ in range(3)]
    assert len({one["salt"] for one in facts}) == len({one["nonce"] for one in facts}) == 3


def test_header_and_totals_are_read_from_the_two_ends() -> None:
    whole = bytes_of(many_blocks(), SECRET)

    def part(offset: int, length: int) -> bytes:
        return whole[offset : offset + length]

    assert headed(part, len(whole), "one").zoho == HEADER.zoho
    assert ended(part, len(whole), "one").conversations == 3
    for size in (0, 5, 40):
        with pytest.raises(Damaged, match="cut short"):
            headed(part, size, "one")
    for size in (0, 5, 40, 600, len(whole) // 2, len(whole) - 1):
        with pytest.raises(Damaged, match="cut short"):
            ended(part, size, "one")
