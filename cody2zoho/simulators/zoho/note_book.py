"""All notes, found by id and by the record that they belong to. Notes are never compared: two alike are two."""

from typing import Any

Note = dict[str, Any]


class NoteBook:
    def __init__(self) -> None:
        self.notes: list[Note] = []
        self._by_parent: dict[str, list[Note]] = {}
        self._by_id: dict[str, Note] = {}

    def add(self, note: Note) -> None:
        self.notes.append(note)
        self._by_parent.setdefault(note["parent_id"], []).append(note)
        self._by_id[note["id"]] = note

    def of(self, parent_id: str) -> list[Note]:
        """Oldest first."""
        return self._by_parent.get(parent_id, [])

    def find(self, note_id: str) -> Note | None:
        return self._by_id.get(note_id)

    def remove(self, note: Note) -> None:
        self.notes.remove(note)
        self.of(note["parent_id"]).remove(note)
        del self._by_id[note["id"]]
