"""One customer of Zoho CRM: modules, records, people, and what tests and agents do to them behind the API's back."""

import itertools
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from cody2zoho.simulators.wire import Clock

from .attachment_shelf import Attachment, AttachmentShelf
from .fields import Field, api_name_of
from .knobs import ZohoKnobs
from .module import Module, new_modules
from .note_book import NoteBook
from .people import User
from .standard_fields import standard_fields
from .table import Record

#: What the product's `setup` makes: label, data type, length, unique.
SET_UP_FIELDS = (
    ("Cody Conversation ID", "text", 100, True),
    ("Cody Messages", "integer", 9, False),
    ("Cody User Messages", "integer", 9, False),
    ("Cody Assistant Messages", "integer", 9, False),
    ("Cody Characters", "integer", 9, False),
    ("Cody Average Length", "double", 16, False),
)


class AutomationRun(NamedTuple):
    """One write that workflows could see. `trigger` None: it was omitted, so everything runs; empty: nothing."""

    module: str
    record_id: str
    action: str
    trigger: tuple[str, ...] | None
    #: The id of the assignment rule that was to choose the owner.
    lar_id: str | None = None


class Organisation:
    """Starts without records. Unknown ids, modules and fields raise KeyError."""

    def __init__(self, clock: Clock = time.time, knobs: ZohoKnobs | None = None) -> None:
        self.clock = clock
        self.knobs = knobs or ZohoKnobs()
        self._ids = itertools.count(5_725_767_000_000_100_001)
        self._case_numbers = itertools.count(1)
        self.zgid = self.new_id()
        self.user = User(self.new_id(), "Patricia Boyle", "patricia.boyle@example.com", "75092197")
        self.modules: dict[str, Module] = new_modules(standard_fields(), clock, self.knobs, self.new_id)
        self.note_book = NoteBook()
        self.attachment_shelf = AttachmentShelf()
        #: Every write through the API that succeeded.
        self.automation: list[AutomationRun] = []
        #: "Module.field" to how often someone sent a field that does not exist and was not told.
        self.ignored_fields: Counter[str] = Counter()

    # -- what is there

    @property
    def cases(self) -> dict[str, Record]:
        """Id to record; to be read. Changes go through `edit_case` and its siblings, which keep the indexes."""
        return self.modules["Cases"].live

    @property
    def contacts(self) -> dict[str, Record]:
        return self.modules["Contacts"].live

    @property
    def notes(self) -> list[Record]:
        """In order of creation: id, parent_id, Note_Title, Note_Content, Created_Time and more."""
        return self.note_book.notes

    @property
    def attachments(self) -> list[Attachment]:
        return self.attachment_shelf.attachments

    # -- what agents and administrators do

    def add_case(self, **fields: Any) -> str:
        """A case that someone typed in; returns its id. Nothing is checked."""
        typed = {"Subject": "Typed in", "Status": "New", "Case_Origin": "Phone", **fields}
        return str(self.create(self.modules["Cases"], typed, self.user)["id"])

    def add_contact(self, last_name: str, **fields: Any) -> str:
        return str(self.create(self.modules["Contacts"], {"Last_Name": last_name, **fields}, self.user)["id"])

    def edit_case(self, record_id: str, **fields: Any) -> None:
        self.change(self.modules["Cases"], record_id, fields, self.user)

    def delete_case(self, record_id: str, *, days_ago: float = 0) -> None:
        """Into the recycle bin; more than 60 days ago means gone for good."""
        self.modules["Cases"].table.remove(record_id, self.user.reference, self.clock() - days_ago * 86_400)

    def restore_case(self, record_id: str) -> None:
        self.modules["Cases"].table.restore(record_id)

    def delete_contact(self, record_id: str) -> None:
        """Into the recycle bin; nothing new can be related to it."""
        self.modules["Contacts"].table.remove(record_id, self.user.reference)

    def merge_contacts(self, kept_id: str, other_id: str) -> None:
        """The other one is gone afterwards; what only it had goes to the one that is kept, its cases too."""
        kept, other = self.contacts[kept_id], self.contacts[other_id]
        gained = {name: value for name, value in other.items() if value and not kept.get(name)}
        self.change(self.modules["Contacts"], kept_id, gained, self.user)
        reference = {"id": kept_id, "name": self.contacts[kept_id]["Full_Name"]}
        for case_id, case in list(self.cases.items()):
            if (case.get("Related_To") or {}).get("id") == other_id:
                self.edit_case(case_id, Related_To=reference)
        self.delete_contact(other_id)

    def add_field(
        self, module: str, label: str, data_type: str = "text", *, length: int | None = None, **more: Any
    ) -> str:
        """A custom field without any check; `more` goes to Field (unique, external, values). Returns its API name."""
        field = Field(api_name_of(label), data_type, length, label=label, custom=True, **more)
        self.modules[module].add_field(field)
        return field.api_name

    def set_up_fields(self) -> None:
        """The fields that the product's own set-up would make."""
        for label, data_type, length, unique in SET_UP_FIELDS:
            self.add_field("Cases", label, data_type, length=length, unique=unique)

    def set_pick_list(self, module: str, api_name: str, values: Iterable[str]) -> None:
        self.modules[module].fields[api_name].values = list(values)

    # -- what the API does

    def new_id(self) -> str:
        """19 digits, as everywhere in Zoho."""
        return str(next(self._ids))

    def time_text(self, moment: float | None = None) -> str:
        """ISO 8601 in the organisation's time zone, to the second."""
        zone = timezone(timedelta(minutes=self.knobs.utc_offset_minutes))
        return datetime.fromtimestamp(int(self.clock() if moment is None else moment), zone).isoformat()

    def create(self, module: Module, values: Record, user: User) -> Record:
        now = self.time_text()
        record: Record = {"id": self.new_id(), "Owner": user.as_owner, "Created_Time": now, "Modified_Time": now}
        record |= {"Created_By": user.reference, "Modified_By": user.reference, **values}
        if module.api_name == "Cases":
            record["Case_Number"] = str(next(self._case_numbers))
        _complete_name(module, record, record)
        module.table.add(record)
        return record

    def change(self, module: Module, record_id: str, values: Record, user: User) -> Record:
        changes = {**values, "Modified_Time": self.time_text(), "Modified_By": user.reference}
        _complete_name(module, changes, {**module.live[record_id], **values})
        module.table.change(record_id, changes)
        return module.live[record_id]


def _complete_name(module: Module, target: Record, record: Record) -> None:
    if module.api_name == "Contacts":
        target["Full_Name"] = " ".join(filter(None, (record.get("First_Name"), record.get("Last_Name"))))
