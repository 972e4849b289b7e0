"""Secrets in Key Vault: which are there, and which of ours differ. None of them is ever read."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from cody2zoho.cloud.az import Az
from cody2zoho.cloud.place import Place

_API = "api-version=2026-02-01"


def kept(az: Az, place: Place) -> dict[str, str]:
    """Each secret in the vault, with the digest of its value; empty where others wrote it."""
    found: dict[str, str] = {}
    address = f"{place.vault_id}/secrets?{_API}"
    while address:
        page: dict[str, Any] = az.ask("rest", "--method", "get", "--url", address)
        found |= {one["name"]: (one.get("tags") or {}).get("digest", "") for one in page["value"]}
        address = page.get("nextLink") or ""
    return found


def digest(place: Place, name: str, value: str) -> str:
    """Tells whether a value has changed; slow on purpose, for a password that people choose may be guessed."""
    salt = f"{place.vault_id}/{name}".lower().encode()
    return hashlib.scrypt(value.encode(), salt=salt, n=2**13, r=8, p=1, dklen=16).hex()


@dataclass(frozen=True)
class Writing:
    """What is to be written into the vault."""

    values: dict[str, str]
    digests: dict[str, str]

    def as_list(self) -> list[dict[str, str]]:
        """Without the values."""
        return [{"name": name, "digest": self.digests[name]} for name in sorted(self.values)]


def changed(place: Place, wanted: dict[str, str], there: dict[str, str], *, is_forced: bool = False) -> Writing:
    """Those of `wanted` that are new or differ; all of them where `is_forced`."""
    digests = {name: digest(place, name, value) for name, value in wanted.items()}
    differs = {name for name, one in digests.items() if is_forced or not hmac.compare_digest(one, there.get(name, ""))}
    return Writing({name: wanted[name] for name in differs}, digests)


def by_chance(length: int = 24) -> str:
    """A password that nobody has to type."""
    return secrets.token_urlsafe(length)
