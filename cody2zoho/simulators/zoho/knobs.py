"""What nobody outside Zoho knows, as switches. Where a default is a choice of ours, its line says so."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Edition = Literal["free", "standard", "professional", "enterprise", "ultimate"]


class Allowance(NamedTuple):
    """What an edition may do (Zoho, "API limits" and "Custom fields")."""

    credits_a_day: int
    credits_per_user: int
    credits_at_most: int | None
    concurrency: int
    custom_fields: int


ALLOWANCES: dict[Edition, Allowance] = {
    "free": Allowance(5_000, 0, 5_000, 5, 0),
    "standard": Allowance(50_000, 250, 100_000, 10, 10),
    "professional": Allowance(50_000, 500, 3_000_000, 15, 155),
    "enterprise": Allowance(50_000, 1_000, 5_000_000, 20, 300),
    "ultimate": Allowance(50_000, 2_000, None, 25, 500),
}


@dataclass
class ZohoKnobs:
    """Read at every request, so a test or an operator may turn them while the simulator runs; plain JSON values."""

    # -- accounts server

    #: HTTP status of the "Access Denied" body; two practitioners saw 400, Zoho's post shows 200.
    refresh_throttle_status: Literal[200, 400] = 400
    #: Asking again while throttled starts the ten minutes anew.
    throttle_prolongs: bool = False
    #: The person at the consent page says yes.
    consent: bool = True
    #: What token responses name instead of our own address.
    api_domain: str | None = None
    #: The data centre that the redirect of the consent page names.
    location: str = "us"
    #: The accounts server it names instead of our own address: only there its code and tokens count.
    accounts_server: str | None = None
    #: What any other accounts server answers to them.
    elsewhere: Literal["invalid_code", "invalid_client"] = "invalid_code"
    #: Redirect addresses that the console knows for clients without one of their own; none: any will do.
    redirect_addresses: list[str] = field(default_factory=list)

    # -- records

    #: A field that the module does not have.
    unknown_fields: Literal["ignore", "reject"] = "ignore"
    #: Pick lists that take no value from outside; ours: Status, whose refusal Zoho documents.
    enforced_pick_lists: list[str] = field(default_factory=lambda: ["Status"])
    #: What the refusal of a lookup's id names: the field, or `id` and the field in its path alone.
    lookup_refusal: Literal["field", "id"] = "field"
    #: What a limit on length counts; ours: the strictest reading.
    length_unit: Literal["utf16", "code_point"] = "utf16"
    #: HTTP status of an upsert that only inserted.
    upsert_insert_status: Literal[200, 201] = 200
    #: `details` of DUPLICATE_DATA; the short ones come from older organisations.
    duplicate_details: Literal["full", "id_only", "api_name_only"] = "full"
    #: A unique check overlooks records younger than this: the race that nobody has ruled out.
    unique_window_seconds: float = 0.0
    #: A deleted record still owns its unique values; ours: it does not.
    recycle_bin_blocks_unique: bool = False
    note_title_limit: int = 120
    #: 65,535 in the OpenAPI files of 2026, 32,000 in older documents.
    note_content_limit: int = 65_535
    attachment_limit_bytes: int = 100_000_000

    # -- reads

    #: Until search sees a new or edited record; a huge number is never. Ours: 30 seconds.
    index_lag_seconds: float = 30.0
    #: How old a record count is; documented as 1 to 10 minutes.
    count_lag_seconds: float = 300.0
    #: Whether `=` in COQL tells upper from lower case.
    coql_case_sensitive: bool = False
    #: The key inside `unique` of a field's metadata: 2025's files, or 2026's.
    unique_key: Literal["casesensitive", "case_sensitive"] = "casesensitive"

    # -- organisation

    edition: Edition = "enterprise"
    licensed_users: int = 10
    #: Credits in 24 hours, requests at the same time and custom fields; None is the edition's own number.
    credits_a_day: int | None = None
    concurrency: int | None = None
    custom_fields: int | None = None
    #: Requests at the same time for batches, COQL and search; None is no such limit.
    sub_concurrency: int | None = 10
    #: Whether a refused call costs credits; a 401 or a 429 never does.
    failed_calls_cost: bool = True
    #: Modules that the plan or the profile does not show: INVALID_MODULE.
    hidden_modules: list[str] = field(default_factory=list)
    #: Permissions that the user lacks, such as `Crm_Implied_Create_Cases`: 403 NO_PERMISSION.
    denied_permissions: list[str] = field(default_factory=list)
    #: Offset of all times in responses; -420 is that of Zoho's samples.
    utc_offset_minutes: int = -420

    def allowed_credits(self) -> int | None:
        """Credits in 24 hours; None is unlimited."""
        if self.credits_a_day is not None:
            return self.credits_a_day
        allowance = ALLOWANCES[self.edition]
        if allowance.credits_at_most is None:
            return None
        wanted = allowance.credits_a_day + allowance.credits_per_user * self.licensed_users
        return min(wanted, allowance.credits_at_most)

    def allowed_concurrency(self) -> int:
        return ALLOWANCES[self.edition].concurrency if self.concurrency is None else self.concurrency

    def allowed_custom_fields(self) -> int:
        return ALLOWANCES[self.edition].custom_fields if self.custom_fields is None else self.custom_fields
