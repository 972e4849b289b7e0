"""When something is done, and for how long it is tried."""

from pydantic import AliasChoices, BaseModel, ValidationInfo, field_validator

from cody2zoho.settings import formats
from cody2zoho.settings.setting import setting


class Moments(BaseModel):
    """Polls, looks, leases and time-outs."""

    poll_interval_seconds: int = setting(
        30,
        "Seconds between two polls of Cody.",
        ge=1,
        le=86_400,
        validation_alias=AliasChoices("POLL_INTERVAL_SECONDS", "POLLING_INTERVAL"),
    )
    conversation_quiet_seconds: float = setting(
        300, "A case is made when nobody has said anything for so many seconds; 0 = at first sight.", ge=0, le=86_400
    )
    follow_up_hours: float = setting(
        24,
        "Hours after the last word in which a conversation is looked at again for words that belong into its case; "
        "0 = never.",
        ge=0,
        le=8_760,
    )
    conversation_split_hours: float = setting(
        0,
        "Hours of silence after which what is said in a conversation is a case of its own; 0 = a conversation is one "
        "case.",
        ge=0,
        le=8_760,
    )
    sync_since: formats.Since = setting(
        "", "First start: only conversations since this date (2026-11-01) or age (7d, 12h) count; empty = all history."
    )
    full_sweep_hours: float = setting(
        24, "Hours in which all conversations are listed once more, page by page; 0 = never.", ge=0, le=8_760
    )
    reconcile_at: formats.TimeOfDay = setting(
        "03:17", "Time of day, in UTC, at which the ledger is compared with Zoho; never = not at all."
    )
    empty_conversation_hours: int = setting(
        24, "Hours a conversation in which nothing was said is looked at again before it is let go.", ge=0, le=8_760
    )

    zoho_enable_duplicate_check: bool = setting(
        True, "false: no look-up before an insert where Zoho's field is not unique; the ledger stays."
    )
    worker_concurrency: int = setting(10, "Conversations a worker process works on at once.", ge=1, le=200)
    task_budget_seconds: float = setting(120, "Seconds a task may take.", gt=0)
    lease_seconds: float = setting(
        30, "Seconds a worker owns a conversation unless it renews, which it does while it lives.", ge=3
    )
    visibility_timeout_seconds: float = setting(
        300, "Seconds after which the broker hands out an unanswered task again. More than TASK_BUDGET_SECONDS.", gt=0
    )
    max_attempts_hours: float = setting(
        72, "Hours a conversation is tried in spite of passing faults before it is parked.", gt=0, le=8_760
    )
    http_connect_timeout_seconds: float = setting(5, "Seconds to wait for a connection to Cody or Zoho.", gt=0)
    http_read_timeout_seconds: float = setting(30, "Seconds one request to Cody or Zoho may take.", gt=0)

    @field_validator("conversation_split_hours")
    @classmethod
    def _comes_after_quiet(cls, value: float, info: ValidationInfo) -> float:
        """A conversation that may still go on has no parts yet."""
        quiet = info.data.get("conversation_quiet_seconds", 0)
        if 0 < value * 3_600 < quiet:
            raise ValueError(f"must be 0, or longer than CONVERSATION_QUIET_SECONDS, which is {quiet:g}")
        return value

    @field_validator("visibility_timeout_seconds")
    @classmethod
    def _outlasts(cls, value: float, info: ValidationInfo) -> float:
        """A broker that gives up before the task has ended hands its message out twice, each time."""
        budget = info.data.get("task_budget_seconds", 0)
        if value <= budget:
            raise ValueError(f"must be more than TASK_BUDGET_SECONDS, which is {budget:g}")
        return value
