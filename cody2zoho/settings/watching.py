"""From when on something is worth an alert."""

from pydantic import BaseModel

from cody2zoho.settings.setting import setting


class Watching(BaseModel):
    """Thresholds of the checks, and how often all of them are made."""

    monitor_interval_minutes: float = setting(
        30, "Minutes between two looks at everything; what is quick to see is looked at every minute.", ge=1, le=1_440
    )
    max_sync_age_hours: float = setting(
        2, "Hours a conversation may be due to its case before that is an alert.", gt=0, le=8_760
    )
    alert_poll_minutes: float = setting(
        15, "Minutes without a good list of a bot's conversations before that is an alert.", gt=0, le=10_080
    )
    alert_queue_minutes: float = setting(
        10,
        "Minutes in which nobody hands out what is due, or takes a message from a queue, before that is an alert.",
        gt=0,
        le=10_080,
    )
    alert_silent_hours: int = setting(
        4, "Hours without a case, where the weeks before had some, before that is an alert.", ge=1, le=168
    )
    alert_error_threshold: float = setting(
        10, "Percent of attempts, or of requests to an API, that may fail in 24 hours.", ge=0, le=100
    )
    alert_consecutive_errors: int = setting(
        10, "Attempts that fail one after the other, of all workers, before that is an alert.", ge=1
    )
    error_alert_threshold: int = setting(
        3, "The same error so often, each time within an hour of the one before, is a critical alert.", ge=1
    )
    alert_discrepancy_percent: float = setting(
        10, "Percent of the cases in Zoho that may not match the ledger.", ge=0, le=100
    )
    alert_sync_rate_percent: float = setting(
        90, "Percent of the conversations that are due which must have their case.", ge=0, le=100
    )
    alert_credits_percent: float = setting(
        10, "Percent of Zoho's API credits below which what is left is an alert.", ge=0, le=100
    )
