"""What a case says."""

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, BaseModel

from cody2zoho.settings import formats
from cody2zoho.settings.setting import setting

DEFAULT_TEMPLATE = (
    "Cody conversation {conversation_id}\n"
    "{started_at} to {ended_at} · {messages} messages · complete as of {complete_as_of}\n\n"
    "{transcript}"
)


class CaseContent(BaseModel):
    """Its fields, its texts and its contact."""

    zoho_case_status: str = setting("Closed", "Status of a new case; a value of the pick list in Zoho.", max_length=120)
    zoho_case_origin: str = setting("Web", "Origin of a new case; a value of the pick list in Zoho.", max_length=120)
    follow_up_status: str = setting(
        "", "Status that a case gets when more was said after it was made; empty = untouched.", max_length=120
    )
    zoho_contact_id: formats.RecordId = setting(
        "", "Record id of the contact every case belongs to; empty = by ZOHO_CONTACT_NAME."
    )
    zoho_contact_name: str = setting(
        "", "Name of the contact every case belongs to, found or created once; empty = no contact.", max_length=120
    )
    zoho_field_map: formats.FieldMap = setting(
        formats.FIELD_MAP,
        "Zoho fields for the figures, as name=API_Name pairs with commas; `name=` leaves one out. "
        f"Names: {', '.join(formats.FIELD_MAP)}.",
    )
    enable_notes: bool = setting(
        False,
        "true: the transcript is also added as a note.",
        validation_alias=AliasChoices("ZOHO_ATTACH_TRANSCRIPT_AS_NOTE", "ENABLE_NOTES"),
    )

    cases_file: str = setting(
        "cody2zoho.toml",
        "File that says what cases look like, bot by bot, with templates and rules; it need not exist.",
    )
    case_subject_prefix: str = setting(
        "Cody Chat - ", "What a case's subject begins with, before date and time.", max_length=200
    )
    case_description_template: formats.Template = setting(
        DEFAULT_TEMPLATE,
        "Text of a case's description; \\n is a new line, and a transcript not named in it follows at its end. "
        f"Names: {', '.join('{' + name + '}' for name in formats.TEMPLATE_VARIABLES)}.",
        max_length=2_000,
    )
    case_markdown: Literal["plain", "keep"] = setting(
        "plain", "The bot's Markdown: plain = as text that reads well in Zoho's box, keep = as the bot wrote it."
    )
    time_zone: formats.TimeZone = setting("UTC", "Time zone of the times in cases, such as Europe/Berlin.")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
