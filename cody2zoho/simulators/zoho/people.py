"""Users of the organisation, as records show them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class User:
    id: str
    full_name: str
    email: str
    zuid: str

    @cached_property
    def reference(self) -> dict[str, str]:
        """One object for all records, so that 100,000 of them stay small."""
        return {"name": self.full_name, "id": self.id}

    @cached_property
    def as_owner(self) -> dict[str, str]:
        return {**self.reference, "email": self.email}

    def shown(self) -> dict[str, Any]:
        """As GET users shows it."""
        first_name, _, last_name = self.full_name.partition(" ")
        return {
            "id": self.id,
            "zuid": self.zuid,
            "first_name": first_name,
            "last_name": last_name,
            "full_name": self.full_name,
            "email": self.email,
            "status": "active",
            "confirm": True,
            "role": {"name": "CEO", "id": "5725767000000026005"},
            "profile": {"name": "Administrator", "id": "5725767000000026011"},
            "time_zone": "America/Los_Angeles",
            "language": "en_US",
            "locale": "en_US",
            "country": "US",
        }
