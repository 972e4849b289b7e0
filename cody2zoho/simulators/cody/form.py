"""Validation of a body, in Laravel's sentences."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .errors import Invalid


class Form:
    """Collects every error before it refuses, as Laravel does. Ask for the fields, then `check()`."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields
        self._errors: dict[str, list[str]] = {}

    def text(self, name: str, *, longest: int | None = None, required: bool = True) -> str:
        value = self._fields.get(name)
        if value is None:
            if required:
                self._wrong(name, f"The {_spoken(name)} field is required.")
            return ""
        if not isinstance(value, str):
            self._wrong(name, f"The {_spoken(name)} field must be a string.")
            return ""
        if longest and len(value) > longest:
            self._wrong(name, f"The {_spoken(name)} field must not be greater than {longest} characters.")
        return value

    def known(self, name: str, records: Mapping[str, Any]) -> str:
        """The id of a record that exists."""
        value = self.text(name)
        if value and value not in records:
            self._wrong(name, f"The selected {_spoken(name)} is invalid.")
        return value

    def ids(self, name: str, *, most: int) -> list[str] | None:
        """A list of ids; None when the field is absent."""
        value = self._fields.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            self._wrong(name, f"The {_spoken(name)} field must be an array.")
            return None
        if len(value) > most:
            self._wrong(name, f"The {_spoken(name)} field must not have more than {most} items.")
        return [str(item) for item in value]

    def url(self, name: str) -> str:
        value = self.text(name)
        if value and not (urlsplit(value).scheme in ("http", "https") and urlsplit(value).netloc):
            self._wrong(name, f"The {_spoken(name)} field must be a valid URL.")
        return value

    def check(self) -> None:
        if self._errors:
            raise Invalid(self._errors)

    def _wrong(self, name: str, sentence: str) -> None:
        self._errors.setdefault(name, []).append(sentence)


def _spoken(name: str) -> str:
    return name.replace("_", " ")
