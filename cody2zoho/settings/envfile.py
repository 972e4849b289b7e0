"""Single values in `.env`, changed without touching another byte of it.

    the last binding of a name ── its value alone replaced ── a draft that only we can read ── renamed over the file

A name that stands only in a comment, as `.env.example` shows defaults, gets its line below that comment.
"""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream

from cody2zoho.errors import ConfigurationError

#: Values that mean the same with and without quotes, to python-dotenv, to compose and to a shell.
_PLAIN = re.compile(r"[\w.@%+:/,~={}-]*")

_BOM = "\ufeff"

#: A binding as python-dotenv reads it; a comment begins at a `#` behind a blank.
_WRITTEN = re.compile(
    r"(?P<head>\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=\#\s]+)[^\S\r\n]*)"
    r"(?P<equals>=(?:[^\S\r\n]*(?=[^\s\#]))?)?"
    r"(?P<value>'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[^\r\n]*?)"
    r"(?P<rest>[^\S\r\n]*(?:[^\S\r\n]\#[^\r\n]*|(?<=['\"])\#[^\r\n]*)?(?:\r\n|\n|\r|$))",
    re.DOTALL,
)


def keep(values: Mapping[str, str], path: Path = Path(".env")) -> None:
    """Write these into the file, all or none; it is made where there is none, and nobody else may read it afterwards.

    Raises ConfigurationError where it cannot be read or replaced.
    """
    # A link stays one: what it leads to is replaced.
    file = path.resolve()
    try:
        with _alone(file.parent):
            text = file.read_bytes().decode() if file.exists() else ""
            for name, value in values.items():
                text = changed(text, name, value)
            _replace(file, text.encode())
    except UnicodeDecodeError:
        raise ConfigurationError(
            [f"{path} is not written in UTF-8: save it so; an editor calls it the encoding."]
        ) from None
    except OSError as error:
        raise ConfigurationError([f"{path} cannot be written: {error.strerror}; nothing in it was changed."]) from None


def has(name: str, path: Path = Path(".env")) -> bool:
    """Whether it is written there, be it empty; the file is one that was read before."""
    return path.is_file() and name in dotenv_values(path)


def changed(text: str, name: str, value: str) -> str:
    """The text of the file with one value set, for the binding that is in force: the last of its name."""
    mark, text = (_BOM, text.removeprefix(_BOM)) if text.startswith(_BOM) else ("", text)
    bindings = list(parse_stream(StringIO(text, newline="")))
    found = [number for number, one in enumerate(bindings) if (one.key or "").upper() == name]
    if not found:
        return mark + _added(bindings, name, value)
    pieces = [one.original.string for one in bindings]
    pieces[found[-1]] = _with_value(bindings[found[-1]], value)
    return mark + "".join(pieces)


def _with_value(binding: Binding, value: str) -> str:
    written = _WRITTEN.fullmatch(binding.original.string)
    if written is None:
        raise ConfigurationError(
            [f".env has {binding.key} in a form that cannot be changed: write it as a line of its own."]
        )
    return f"{written['head']}{written['equals'] or '='}{_spelt(value, written['value'])}{written['rest']}"


def _added(bindings: list[Binding], name: str, value: str) -> str:
    """Below the comment that shows its default, else at the end."""
    pieces = [one.original.string for one in bindings]
    newline = found[0] if (found := re.search(r"\r\n|\n|\r", "".join(pieces))) else "\n"
    # A comment only: a text of several lines may have one that looks like it.
    shows = re.compile(rf"\s*#[ \t]*{re.escape(name)}[ \t]*=[^\r\n]*\s*")
    comments = (number for number, one in enumerate(bindings) if one.key is None and shows.fullmatch(pieces[number]))
    place = next(comments, len(pieces) - 1) + 1
    before, after = "".join(pieces[:place]), "".join(pieces[place:])
    return f"{_ended(before, newline)}{name}={_spelt(value, '')}{newline}{after}"


def _ended(text: str, newline: str) -> str:
    return text if not text or text.endswith(("\n", "\r")) else text + newline


def _spelt(value: str, before: str) -> str:
    """In the quotes that were there, or in those it needs."""
    if not _PLAIN.fullmatch(value):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    quote = before[0] if before[:1] in ("'", '"') else ""
    return f"{quote}{value}{quote}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two commands at once would each write what the other has not read yet."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        # A folder of a network may know no locks.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(file: Path, content: bytes) -> None:
    # Under a name of its own: nobody renames a draft that another one still writes.
    number, draft = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".draft", dir=file.parent)
    try:
        with os.fdopen(number, "wb") as handle:
            handle.write(content)
            handle.flush()
            # Else a power cut may leave the new name and nothing in it.
            os.fsync(handle.fileno())
            if file.exists() and file.stat().st_uid != os.getuid():
                # Root helps somebody: whoever read it must go on reading it.
                os.fchown(handle.fileno(), file.stat().st_uid, file.stat().st_gid)
        Path(draft).replace(file)
    except BaseException:
        # It has the secrets in it.
        Path(draft).unlink(missing_ok=True)
        raise
