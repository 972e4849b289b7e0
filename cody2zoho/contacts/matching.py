"""The visitor's own contact, by an address in what the visitor typed or in the conversation's name.

Nobody is guessed: where the addresses lead to several contacts, the case says so and belongs to the fixed one.

A contact is made only after this worker has noted that it will, in a key that nobody can set twice and that outlives
the request. So neither two workers nor a lost answer make two; and of an e-mail address Zoho itself makes no second
one, should Redis be lost meanwhile. Once made, it is found: COQL does not lag.

Keys, below the prefix:
    contact:<digest of organisation and address>         string  ids of the contacts that have it, for a day; where that
                                                                 is none or are several, for ten minutes
    contact:making:<digest of organisation and address>  string  a worker asks Zoho to make it; until that is over
"""

import hashlib
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import redis
from redis.exceptions import LockError

from cody2zoho.contacts.contact import FixedContact
from cody2zoho.errors import Cody2ZohoError, NotSetUp, OnItsWay, OutcomeUnknown, Refused, Transient
from cody2zoho.models import Address, ContactChoice, Message
from cody2zoho.text.addresses import Search
from cody2zoho.zoho.contacts import Contacts
from cody2zoho.zoho.fields import Fields

_KEPT_SECONDS = 86_400
_UNCERTAIN_SECONDS = 600

#: A request that was sent last of all in its task has arrived by then.
_ON_ITS_WAY_SECONDS = 60

#: More addresses of a kind than these are several people's.
_MOST = 3

_FIELDS_GOOD_SECONDS = 3_600

_REMARK = "The visitor's contact could not be told: "

#: Somebody else's number, or a machine's.
_NOT_THEIRS = {"Asst_Phone", "Fax"}

_WORDS = {"email": "e-mail address", "phone": "phone number"}
_PLURALS = {"email": "e-mail addresses", "phone": "phone numbers"}


def usable(wanted: Sequence[str], redacted: Sequence[str]) -> tuple[str, ...]:
    """Kinds of addresses that may be looked for: what is redacted never leaves for Zoho."""
    return tuple(kind for kind in wanted if kind not in redacted)


def remark_in(description: str) -> str:
    """What a case says of its contact, so that it goes on saying it when its description is written anew."""
    first = description.partition("\n")[0].strip()
    return first if first.startswith(_REMARK) else ""


@dataclass
class _Known:
    """The contacts' fields that hold addresses, by kind. Threads share it, so it is only ever replaced as a whole."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    good_until: float = 0.0


@dataclass
class Matching:
    store: redis.Redis
    contacts: Contacts
    fields: Fields
    fixed: FixedContact
    search: Search
    creates: bool
    #: A task's, after which it sends no more requests.
    budget_seconds: float
    #: Whether it only looks: nothing is made in Zoho, nothing is kept in Redis.
    only_looks: bool = False
    _known: _Known = field(default_factory=_Known)

    def choose(self, name: str | None, messages: Sequence[Message], *, may_create: bool = True) -> ContactChoice:
        """The contact of a conversation with this name. Raises what `zoho.crm` raises, but never Refused.

        Where none may be created, nothing is kept either: who would be is chosen, without an id where there is none.
        """
        if not (may_create or self.only_looks):
            return self.looking().choose(name, messages)
        if not self.search.kinds:
            return ContactChoice(self.fixed.id())
        named = self.named(name, messages)
        by_kind = [[one for one in named if one.kind == kind] for kind in self.search.kinds]
        try:
            return (
                next(filter(None, map(self._among, by_kind)), None)
                or (self._new(by_kind) if self.creates else None)
                or ContactChoice(self.fixed.id(), "none")
            )
        except Refused as error:
            # Not this conversation's fault: the next one would fail the same way.
            raise NotSetUp(f"Contacts in Zoho cannot be looked up or made as CONTACT_MATCH wants: {error}") from None

    def calls(self, name: str | None, messages: Sequence[Message]) -> int:
        """Calls to Zoho that choosing takes at the most, where nobody has asked for these addresses lately."""
        named = self.named(name, messages)
        asked = sum(count for kind in self.search.kinds if (count := sum(one.kind == kind for one in named)) <= _MOST)
        return asked + (2 if self.creates and asked else 0)

    def looking(self) -> "Matching":
        """One that only looks."""
        return replace(self, fixed=self.fixed.looking(), only_looks=True)

    def named(self, name: str | None, messages: Sequence[Message]) -> list[Address]:
        """The addresses in what the visitor typed and in the conversation's name."""
        said = [message.content for message in messages if not message.by_machine]
        return self.search.addresses([*said, name or ""])

    def has_address(self, name: str) -> bool:
        """Whether a conversation's name holds what may be looked for."""
        return bool(self.search.kinds and self.search.addresses([name]))

    def refused(self, choice: ContactChoice, error: Refused) -> Refused | Transient:
        """What it means that Zoho refuses the visitor's contact: mostly somebody deleted it, or merged it into another.

        What was known is forgotten, so that the next attempt chooses anew.
        """
        found = [self._afresh(address) for address in choice.addresses]
        if any(one and one.contact_id == choice.contact_id for one in found):
            return error
        return Transient("The contact was deleted in Zoho, or merged into another, since it was looked up")

    def fields_of(self, kind: str) -> list[str]:
        """The contacts' fields that hold such addresses, as of the last hour. Raises NotSetUp where there is none."""
        if time.monotonic() >= self._known.good_until:
            found: dict[str, list[str]] = {one: [] for one in _WORDS}
            for it in self.fields.all("Contacts").values():
                if it.data_type in _WORDS and it.api_name not in _NOT_THEIRS:
                    found[it.data_type].append(it.api_name)
            if lacking := [one for one in self.search.kinds if not found[one]]:
                raise NotSetUp(f"Zoho's Contacts show no field for {' and '.join(lacking)}, which CONTACT_MATCH names")
            self._known.fields, self._known.good_until = found, time.monotonic() + _FIELDS_GOOD_SECONDS
        return self._known.fields[kind]

    def _among(self, addresses: Sequence[Address]) -> ContactChoice | None:
        """The contact that addresses of a kind lead to; None where nobody has any of them."""
        if not addresses:
            return None
        kind = addresses[0].kind
        if len(addresses) > _MOST:
            return self._several(f"{len(addresses)} {_PLURALS[kind]} were given")
        # A bare number that nobody has may be an order's.
        counting = {one: some for one in addresses if (some := self._owners(one)) or one.is_certain}
        owners = set(counting.values())
        if owners <= {()}:
            return None
        if any(len(some) > 1 for some in owners):
            return self._several(f"several contacts in Zoho have the {_WORDS[kind]} that was given")
        if len(owners) > 1:
            return self._several(f"several {_PLURALS[kind]} were given, which do not lead to one and the same contact")
        return ContactChoice(owners.pop()[0], "matched", addresses=tuple(counting))

    def _new(self, by_kind: Sequence[Sequence[Address]]) -> ContactChoice | None:
        """The contact made for an address that nobody has; None where there is none that is surely an address."""
        for addresses in by_kind:
            certain = [one for one in addresses if one.is_certain]
            if len(certain) > 1:
                return self._several(
                    f"several {_PLURALS[certain[0].kind]} were given, and nobody in Zoho has one of them"
                )
            if certain and self.only_looks:
                return ContactChoice(None, "created", addresses=tuple(certain))
            if certain and (choice := self._made(certain[0])):
                return choice
        return None

    def _made(self, address: Address) -> ContactChoice | None:
        """A contact made now, or meanwhile by somebody else; None where Zoho does not take the address."""
        if found := self._afresh(address):
            return found
        lasts_seconds = self.budget_seconds + _ON_ITS_WAY_SECONDS
        making = self.store.lock(self._key(address, "making:"), timeout=lasts_seconds, thread_local=False)
        if not making.acquire(blocking=False):
            raise OnItsWay("The contact of this conversation is on its way into Zoho")
        try:
            contact_id = self.contacts.create_with(address)
        except OutcomeUnknown:
            raise
        except Cody2ZohoError as error:
            # Nothing was made: the next one may. It is not released after a success, for the sake of a worker that
            # has looked before it and makes one after it.
            with suppress(LockError):
                making.release()
            if not isinstance(error, Refused):
                raise
            if (found := self._afresh(address)) or error.field in ("Email", "Phone"):
                return found
            raise
        self.store.set(self._key(address), contact_id, ex=_KEPT_SECONDS)
        return ContactChoice(contact_id, "created", addresses=(address,))

    def _afresh(self, address: Address) -> ContactChoice | None:
        """The contact that an address leads to by now, whatever was kept."""
        self.store.delete(self._key(address))
        return self._among([address])

    def _several(self, why: str) -> ContactChoice:
        return ContactChoice(self.fixed.id(), "several", f"{_REMARK}{why}.")

    def _owners(self, address: Address) -> tuple[str, ...]:
        """Ids of the contacts that have it."""
        kept = self.store.get(self._key(address))
        # Before a contact is made, it is looked for afresh.
        if kept or (kept is not None and not self.only_looks):
            return tuple(str(kept).split())
        found = self.contacts.with_address(
            address, self.fields_of(address.kind), lambda text: self.search.same(address, text)
        )
        if not self.only_looks:
            kept_seconds = _KEPT_SECONDS if len(found) == 1 else _UNCERTAIN_SECONDS
            self.store.set(self._key(address), " ".join(found), ex=kept_seconds)
        return tuple(found)

    def _key(self, address: Address, what: str = "") -> str:
        whose = f"{self.fixed.organisation}\0{address.kind}\0{address.value}"
        return f"{self.fixed.prefix}contact:{what}{hashlib.sha256(whose.encode()).hexdigest()[:32]}"
