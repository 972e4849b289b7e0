"""multipart/form-data, as requests, curl and Zoho's SDK send it (RFC 7578)."""

import re
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True)
class Part:
    name: str
    file_name: str | None
    content: bytes


def parts_of(content_type: str, body: bytes) -> list[Part] | None:
    """The parts in order; None for a body that is no multipart form."""
    match = re.search(r'multipart/form-data.*boundary="?([^";,]+)"?', content_type, re.IGNORECASE)
    if not match:
        return None
    pieces = (b"\r\n" + body).split(b"\r\n--" + match[1].encode())
    return [_part(piece.removeprefix(b"\r\n")) for piece in pieces[1:] if not piece.startswith(b"--")]


def _part(piece: bytes) -> Part:
    # A part without headers starts with the empty line itself.
    head, _, content = (b"\r\n" + piece).partition(b"\r\n\r\n")
    disposition = head.decode("utf-8", "replace")
    return Part(_parameter(disposition, "name") or "", _parameter(disposition, "filename"), content)


def _parameter(disposition: str, name: str) -> str | None:
    """Plain and quoted, or with the star of RFC 2231 that older clients use beyond ASCII."""
    starred = re.search(rf"[;\s]{name}\*=(?:utf-8|UTF-8)''([^;\r\n]+)", disposition)
    if starred:
        return unquote(starred[1])
    quoted = re.search(rf'[;\s]{name}="((?:\\.|[^"\\])*)"', disposition)
    if quoted:
        return re.sub(r"\\(.)", r"\1", quoted[1]).replace("%22", '"')
    plain = re.search(rf"[;\s]{name}=([^;\s]+)", disposition)
    return plain[1] if plain else None
