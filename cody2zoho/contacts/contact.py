"""The contact every case belongs to: given by id, or found or created once by name.

Keys, below the prefix:
    contact:<digest of organisation and name>  string  the contact's record id, for a day
    lock:contact                               string  the process that is looking it up
"""

import hashlib
from dataclasses import dataclass, replace

import redis

from cody2zoho.errors import NotSetUp, Refused, Transient
from cody2zoho.limits import locks
from cody2zoho.zoho.contacts import Contacts

_KEPT_SECONDS = 86_400
_LOOK_UP_SECONDS = 90


@dataclass
class FixedContact:
    store: redis.Redis
    contacts: Contacts
    prefix: str
    #: Tells the organisation from others: each has contacts of its own.
    organisation: str
    given_id: str
    name: str
    #: Whether it only looks: nothing is made in Zoho, nothing is kept in Redis.
    only_looks: bool = False
    _found: str | None = None

    def id(self) -> str | None:
        """The record id, None where no contact is wanted. Of several with the same name it is the oldest.

        Where it only looks, also None where one would be made. Raises NotSetUp where Zoho will not have it.
        """
        if self.given_id or not self.name:
            return self.given_id or None
        try:
            self._found = self._found or self._kept() or self._looked_up()
        except Refused as error:
            # Not this conversation's fault: the next one would fail the same way.
            raise NotSetUp(f"The contact in ZOHO_CONTACT_NAME cannot be found or created: {error}") from None
        return self._found

    def looking(self) -> "FixedContact":
        """One that only looks."""
        return replace(self, only_looks=True)

    def other_than(self, refused_id: str) -> str | None:
        """The record id now, where Zoho refuses the one we had: somebody deleted that, or merged it into another.

        None where it is the same, or given by id. Raises NotSetUp.
        """
        if self.given_id or not self.name:
            return None
        if self._found == refused_id:
            self._found = None
        if self._kept() == refused_id:
            self.store.delete(self._key())
        found = self.id()
        return found if found != refused_id else None

    def _kept(self) -> str | None:
        kept = self.store.get(self._key())
        return str(kept) if kept else None

    def _looked_up(self) -> str | None:
        """Under a lock: two workers must not both find nothing and create two."""
        if self.only_looks:
            return next(iter(self.contacts.find(self.name)), None)
        with locks.alone(self.store, f"{self.prefix}lock:contact", wait_seconds=_LOOK_UP_SECONDS) as alone:
            if not alone:
                raise Transient("Another worker is still looking up the contact")
            contact_id = (
                self._kept() or next(iter(self.contacts.find(self.name)), None) or self.contacts.create(self.name)
            )
            self.store.set(self._key(), contact_id, ex=_KEPT_SECONDS)
            return contact_id

    def _key(self) -> str:
        whose = f"{self.organisation}\0{self.name}"
        return f"{self.prefix}contact:{hashlib.sha256(whose.encode()).hexdigest()[:16]}"
