"""Cases in Zoho, with their notes and attachments."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from cody2zoho.errors import NotSent, OutcomeUnknown, RateLimited, Refused, Transient
from cody2zoho.models import Attachment, Note
from cody2zoho.zoho.crm import Crm, details, items, refused, succeeded

#: Records a call may carry (Zoho, insert records).
_PER_CALL = 100

#: Rows that one COQL query returns at most; so many cost three credits (COQL, limitations).
_PER_QUERY = 2_000

#: What may stand in a query: how Zoho escapes a quotation mark is told differently in different places.
_SAFE_KEY = re.compile(r"[A-Za-z0-9_~-]+")


@dataclass(frozen=True)
class Inserted:
    """A case's record id; `was_there` tells that the unique field already had this conversation."""

    case_id: str
    was_there: bool


class Keyed(NamedTuple):
    """A case that has a key; `made_at` in Unix seconds, long ago where Zoho does not say."""

    case_id: str
    key: str
    made_at: float


@dataclass(frozen=True)
class Cases:
    crm: Crm
    unique_field: str

    def insert(self, fields: dict[str, object], beside: dict[str, object] | None = None) -> Inserted:
        """Create the case, or name the one that has the same value in the unique field. Raises Refused.

        `beside` is what the request says of how: `trigger`, `lar_id`.
        """
        [item] = items(self.crm.call("POST", "Cases", json=_to_insert([fields], beside)))[:1]
        inserted = self._inserted(item)
        if inserted.case_id:
            return inserted
        return Inserted(self._by_key(str(fields[self.unique_field])), was_there=True)

    def insert_many(
        self, records: Sequence[dict[str, object]], beside: dict[str, object] | None = None
    ) -> list[Inserted | Refused | Transient]:
        """The same for up to 100 at once; what became of each, in their order.

        Raises OutcomeUnknown where nobody can tell, and what concerns all of them.
        """
        try:
            found = items(self.crm.call("POST", "Cases", json=_to_insert(records, beside)))
        except (RateLimited, NotSent, OutcomeUnknown):
            raise
        except Transient as error:
            raise OutcomeUnknown(str(error)) from None
        if len(found) != len(records):
            raise OutcomeUnknown("Zoho answered without a result for each record")
        return [self._result(item) for item in found]

    def _result(self, item: dict[str, Any]) -> Inserted | Refused | Transient:
        try:
            return self._inserted(item)
        except (Refused, Transient) as error:
            return error

    def _inserted(self, item: dict[str, Any]) -> Inserted:
        """The id is empty where an older answer does not name the record that is there."""
        if succeeded(item):
            return Inserted(str(details(item)["id"]), was_there=False)
        duplicate = self._duplicate(item)
        if duplicate is None:
            raise refused(item)
        return Inserted(_existing_id(duplicate), was_there=True)

    def read(self, case_id: str, *names: str) -> dict[str, Any] | None:
        """Some fields of a case; None where it does not exist, or lies in the recycle bin."""
        body = self.crm.call("GET", f"Cases/{case_id}", params={"fields": ",".join(names)})
        rows: list[dict[str, Any]] = body.get("data", [])
        return rows[0] if rows else None

    def update(
        self, case_id: str, fields: dict[str, object], unchanged_since: str, beside: dict[str, object] | None = None
    ) -> None:
        """Write some fields, unless somebody has modified the case since that moment, as Zoho writes it.

        `beside` is as for `insert`. Raises Transient where somebody has, and Refused.
        """
        headers = {"If-Unmodified-Since": unchanged_since}
        body = {"data": [fields], **(beside or {})}
        [item] = items(self.crm.call("PUT", f"Cases/{case_id}", json=body, headers=headers))[:1]
        if not succeeded(item):
            raise refused(item)

    def keyed_pages(self, after: str = "0", made_before: float = math.inf) -> Iterator[list[Keyed]]:
        """All cases that have a key, up to 2,000 at a time, by ascending id above `after`.

        Those made at Unix second `made_before` or later are left out. Paged by id: an offset ends at 100,000, and
        would skip a row whenever an earlier one is deleted meanwhile.
        """
        while after:
            page, after = self._keyed_page(after)
            if page:
                yield [case for case in page if case.made_at < made_before]

    def _keyed_page(self, after: str) -> tuple[list[Keyed], str]:
        """The next 2,000, and after which id there are more; in its own frame, so that what Zoho answered is freed."""
        query = f"({self.unique_field} is not null and id > {after}) order by id limit {_PER_QUERY}"
        page = [Keyed(*self._pair(row), _made_at(row)) for row in self._rows(query, "Created_Time")]
        return page, page[-1].case_id if len(page) == _PER_QUERY else ""

    def made_since(self, moment: float) -> set[str]:
        """Ids of the cases with a key that were made at that Unix second or later, the newest 2,000 in one query."""
        found: set[str] = set()
        below = ""
        while rows := self._rows(
            f"({self.unique_field} is not null{below}) order by id desc limit {_PER_QUERY}", "Created_Time"
        ):
            young = {str(row["id"]) for row in rows if _made_at(row) >= moment}
            found |= young
            if len(young) < _PER_QUERY:
                break
            below = f" and id < {rows[-1]['id']}"
        return found

    def newest_key(self) -> str | None:
        """The key of the newest case that has one."""
        rows = self._keyed(f"{self.unique_field} is not null order by id desc limit 1")
        return rows[0][1] if rows else None

    def with_key(self, key: str) -> list[tuple[str, str]]:
        """Cases with this key, as (case id, key), those included whose key differs in capitals. Raises Refused."""
        return self._keyed(f"{self.unique_field} = '{_safe(key)}'")

    def parts_of(self, conversation_id: str) -> list[tuple[str, str]]:
        """The latest 2,000 cases of a conversation whose key is not its plain id, in the same way."""
        begins = f"{self.unique_field} like '{_safe(conversation_id)}~%'"
        return self._keyed(f"{begins} order by id desc limit {_PER_QUERY}")

    def with_keys(self, keys: Sequence[str]) -> dict[str, Keyed]:
        """Those of up to 100 keys that a case has, to the letter; one that Zoho cannot be asked for is left out."""
        wanted = {key for key in keys if _SAFE_KEY.fullmatch(key)}
        if not wanted:
            return {}
        listed = ", ".join(f"'{key}'" for key in sorted(wanted))
        rows = self._rows(f"{self.unique_field} in ({listed}) limit {2 * _PER_CALL}", "Created_Time")
        found = [Keyed(*self._pair(row), _made_at(row)) for row in rows]
        return {case.key: case for case in found if case.key in wanted}

    def add_notes(self, case_id: str, notes: Sequence[Note]) -> None:
        """Add all notes, or raise; Zoho does not notice a note that is there already."""
        remaining = iter(notes)
        while batch := list(islice(remaining, _PER_CALL)):
            rows = [{"Note_Title": note.title, "Note_Content": note.content} for note in batch]
            for item in items(self.crm.call("POST", f"Cases/{case_id}/Notes", json={"data": rows})):
                if not succeeded(item):
                    raise refused(item)

    def note_titles(self, case_id: str) -> set[str]:
        return {str(row.get("Note_Title")) for row in self._related(case_id, "Notes", "Note_Title")}

    def attach(self, case_id: str, attachment: Attachment) -> None:
        file = (attachment.file_name, attachment.content, "text/plain")
        [item] = items(self.crm.call("POST", f"Cases/{case_id}/Attachments", files={"file": file}))[:1]
        if not succeeded(item):
            raise refused(item)

    def attachment_names(self, case_id: str) -> set[str]:
        return {str(row.get("File_Name")) for row in self._related(case_id, "Attachments", "File_Name")}

    def _keyed(self, condition: str) -> list[tuple[str, str]]:
        return [self._pair(row) for row in self._rows(condition)]

    def _rows(self, condition: str, *more: str) -> list[dict[str, Any]]:
        names = ", ".join(("id", self.unique_field, *more))
        return self.crm.query(f"select {names} from Cases where {condition}")

    def _pair(self, row: dict[str, Any]) -> tuple[str, str]:
        return str(row["id"]), str(row[self.unique_field])

    def _related(self, case_id: str, name: str, field: str) -> Iterator[dict[str, Any]]:
        """All related records, 200 a page (Zoho, get related records)."""
        page = 1
        while True:
            query = {"fields": f"{field},id", "per_page": "200", "page": str(page)}
            body = self.crm.call("GET", f"Cases/{case_id}/{name}", params=query)
            yield from body.get("data", [])
            if not body.get("info", {}).get("more_records"):
                return
            page += 1

    def _duplicate(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """The result that says our unique field is taken; another unique field of the customer's is not ours."""
        for result in details(item).get("errors") or [item]:
            if result.get("code") != "DUPLICATE_DATA":
                continue
            field: str = details(result).get("api_name", self.unique_field)
            if field != self.unique_field:
                raise Refused(f"Zoho refuses {field}: another case has the same value")
            found: dict[str, Any] = result
            return found
        return None

    def _by_key(self, key: str) -> str:
        """The record that holds the key, where an older answer does not name it."""
        found = self.with_key(key)
        if not found:
            raise Transient("Zoho says a case exists and does not show it; it may lie in the recycle bin")
        return found[0][0]


def _to_insert(records: Sequence[dict[str, object]], beside: dict[str, object] | None) -> dict[str, Any]:
    """The body of every insert, with what the operator wants Zoho to do with new cases."""
    return {"data": list(records), **(beside or {})}


def _safe(key: str) -> str:
    if not _SAFE_KEY.fullmatch(key):
        raise Refused("Zoho cannot be asked for a conversation id with other signs than letters, digits, _ ~ and -")
    return key


def _made_at(row: dict[str, Any]) -> float:
    said = row.get("Created_Time")
    return datetime.fromisoformat(str(said)).timestamp() if said else 0.0


def _existing_id(result: dict[str, Any]) -> str:
    facts = details(result)
    record = facts.get("duplicate_record")
    return str((record.get("id") if isinstance(record, dict) else None) or facts.get("id") or "")
