"""Secrets in files, as Docker and Kubernetes hand them over: CODY_API_KEY_FILE=/run/secrets/cody_api_key."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from cody2zoho.settings.formats import is_unset

ENDING = "_FILE"


class Wanting(str):
    """In the place of a secret that cannot be had, so that it is said with whatever else is wrong; shows nothing."""

    __slots__ = ("reason",)
    reason: str

    @classmethod
    def because(cls, reason: str) -> "Wanting":
        wanting = cls("")
        wanting.reason = reason
        return wanting


def filled_in(values: Mapping[str, str | None], names: Iterable[str]) -> dict[str, str]:
    """Of one source the secrets whose files it names, by the names of their settings, in the source's small letters."""
    found: dict[str, str] = {}
    for name in names:
        path = values.get(f"{name}_file")
        if is_unset("", path):
            continue
        in_file = f"{name.upper()}{ENDING}"
        if is_unset(name, values.get(name)):
            found[name] = _secret_or_reason(str(path).strip(), in_file)
        else:
            found[name] = Wanting.because(f"is set twice: take {name.upper()} or {in_file} away")
    return found


def _secret_or_reason(path: str, in_file: str) -> str:
    try:
        return secret(path)
    except ValueError as error:
        return Wanting.because(f"is not to be had: {in_file} {error}")


def secret(path: str) -> str:
    """What stands in the file, without the new line at its end.

    Raises ValueError, which shows neither path nor contents: people put the secret itself where its path belongs.
    """
    try:
        if not Path(path).is_file():
            raise ValueError("names a file that is not there; mount the secret there, or correct the path")
        # Editors of Windows begin a file with a mark of its encoding.
        text = Path(path).read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ValueError("names a file that is not written in UTF-8; save it so") from None
    except PermissionError:
        raise ValueError("names a file that this user may not read; let it, for example with chmod 644") from None
    except OSError:
        raise ValueError("names a file that cannot be read; write the path there, and not the secret") from None
    if is_unset("", text):
        raise ValueError("names a file that holds no value; write the secret into it")
    if "\n" in text:
        raise ValueError("names a file of more than one line; write the secret in one")
    return text
