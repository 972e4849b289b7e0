"""What nobody at Zoho is to read."""

from pydantic import BaseModel, ValidationInfo, field_validator

from cody2zoho.settings import formats
from cody2zoho.settings.setting import setting


class Privacy(BaseModel):
    """What is replaced in everything before it leaves for Zoho."""

    redact: formats.RedactedKinds = setting(
        (),
        "What is replaced by a word for its kind before anything leaves for Zoho, with commas; empty = nothing. "
        f"Kinds: {', '.join(formats.REDACTED_KINDS)}.",
    )
    redact_phone_countries: formats.Countries = setting(
        (),
        "Countries whose phone numbers visitors write without a country code, such as DE,AT; needed with phone in "
        "REDACT.",
    )
    redact_patterns: formats.Patterns = setting(
        {},
        "What else is replaced, as name=expression with blanks between several, such as customer=KD-\\d{6}; a blank "
        "in an expression is \\x20.",
    )

    @field_validator("redact_phone_countries")
    @classmethod
    def _suffice(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Without a country only numbers with a country code would be found, and hardly any visitor writes one."""
        if not value and "phone" in info.data.get("redact", ()):
            raise ValueError("must name at least one country, because REDACT has phone")
        return value
