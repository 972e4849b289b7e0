"""Whose contact a case belongs to."""

from pydantic import BaseModel, ValidationInfo, field_validator

from cody2zoho.settings import formats
from cody2zoho.settings.setting import setting


class Contact(BaseModel):
    """How the visitor's own contact is found."""

    contact_match: formats.AddressKinds = setting(
        (),
        "By what the visitor's contact is found in Zoho: email, phone or both, the weightier first; "
        "empty = every case belongs to the fixed contact.",
    )
    contact_create: bool = setting(False, "true: a contact is made for a visitor whose address nobody in Zoho has.")
    contact_region: formats.Region = setting(
        "",
        "Country of phone numbers written without one, by visitors and in Zoho, such as DE; empty = they are ignored.",
    )
    contact_ignore: formats.Ignored = setting(
        (),
        "What is no visitor's, with commas, such as the company's own: domains, e-mail addresses, and phone numbers "
        "that begin with +.",
    )

    @field_validator("contact_create")
    @classmethod
    def _knows_by_what(cls, value: bool, info: ValidationInfo) -> bool:
        if value and not info.data.get("contact_match", True):
            raise ValueError("needs CONTACT_MATCH, which is empty")
        return value
