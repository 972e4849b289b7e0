"""All attached files, found by the record that they belong to. They are never compared either."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attachment:
    id: str
    parent_id: str
    parent_module: str
    file_name: str
    content: bytes
    created_time: str
    #: Where the file really is, for an attachment that is only a link.
    link_url: str | None = None


class AttachmentShelf:
    def __init__(self) -> None:
        self.attachments: list[Attachment] = []
        self._by_parent: dict[str, list[Attachment]] = {}

    def add(self, attachment: Attachment) -> None:
        self.attachments.append(attachment)
        self._by_parent.setdefault(attachment.parent_id, []).append(attachment)

    def of(self, parent_id: str) -> list[Attachment]:
        """Oldest first."""
        return self._by_parent.get(parent_id, [])

    def find(self, parent_id: str, attachment_id: str) -> Attachment | None:
        return next((file for file in self.of(parent_id) if file.id == attachment_id), None)

    def remove(self, attachment: Attachment) -> None:
        self.attachments.remove(attachment)
        self.of(attachment.parent_id).remove(attachment)
