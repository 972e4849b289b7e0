"""Contacts in Zoho: the one that every case belongs to."""

from dataclasses import dataclass

from cody2zoho.zoho.crm import Crm, details, items, refused, succeeded


@dataclass(frozen=True)
class Contacts:
    crm: Crm

    def exists(self, contact_id: str) -> bool:
        return bool(self.crm.call("GET", f"Contacts/{contact_id}", params={"fields": "id"}))

    def find(self, name: str) -> list[str]:
        """Ids of the contacts with exactly this name, the oldest first.

        COQL documents no way to write a quote inside a text, so anything but letters, digits and blanks is left
        open in the question and compared here.
        """
        first, last = split_name(name)
        pattern = "".join(character if character.isalnum() or character == " " else "%" for character in last)
        operator = "like" if "%" in pattern else "="
        rows = self.crm.query(
            f"select id, First_Name, Last_Name from Contacts where Last_Name {operator} '{pattern}' limit 2000"
        )
        exact = [row for row in rows if (row.get("First_Name") or "", row.get("Last_Name")) == (first, last)]
        return sorted((str(row["id"]) for row in exact), key=lambda contact_id: (len(contact_id), contact_id))

    def create(self, name: str) -> str:
        first, last = split_name(name)
        fields = {"Last_Name": last} | ({"First_Name": first} if first else {})
        [item] = items(self.crm.call("POST", "Contacts", json={"data": [fields]}))[:1]
        if not succeeded(item):
            raise refused(item)
        return str(details(item)["id"])


def split_name(name: str) -> tuple[str, str]:
    """First and last name; Zoho demands the last (Contacts, mandatory fields)."""
    first, _, last = name.strip().rpartition(" ")
    return first.strip(), last
