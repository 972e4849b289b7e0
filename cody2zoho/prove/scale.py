"""A day in half a minute: every time the product is told, shortened, in the proportions it demands."""

#: How long a dead worker keeps what it holds; a living one renews it.
LEASE_SECONDS = 5.0

#: What a task may take. Of it 5 seconds must be left for a call after the waiting for a turn (`patience.py`): with
#: less, whoever meets a crowd gives up at once, and reads its conversation at Cody again and again.
BUDGET_SECONDS = 10.0
VISIBILITY_SECONDS = 12.0

#: A worker that was told to end may finish what it holds, and wait for a Redis that is away.
GRACE_SECONDS = 15.0

#: A worker that ends itself because a task hangs.
HUNG = 70

PREFIX = "{prove}:"

#: As the simulated Zoho has it.
CONTACT = "Website visitor"

_WHOLE_SWEEP_SECONDS = 12

SETTINGS = {
    "POLL_INTERVAL_SECONDS": "1",
    "TASK_BUDGET_SECONDS": f"{BUDGET_SECONDS:g}",
    "LEASE_SECONDS": f"{LEASE_SECONDS:g}",
    "VISIBILITY_TIMEOUT_SECONDS": f"{VISIBILITY_SECONDS:g}",
    "HTTP_CONNECT_TIMEOUT_SECONDS": "1",
    "HTTP_READ_TIMEOUT_SECONDS": "2",
    "REDIS_CONNECT_TIMEOUT": "1.5",
    "REDIS_READ_TIMEOUT": "1.5",
    "REDIS_WRITE_TIMEOUT": "1.5",
    "FULL_SWEEP_HOURS": f"{_WHOLE_SWEEP_SECONDS / 3600:.6f}",
    "EMPTY_CONVERSATION_HOURS": "0",
    "CONVERSATION_QUIET_SECONDS": "1",
    # No timed look comes in so short a time: later words are heard, or found when the ledger is filled again.
    "FOLLOW_UP_HOURS": "24",
    # A second write for each case, so that there is something to be cut off between two.
    "ZOHO_ATTACH_TRANSCRIPT_AS_NOTE": "true",
    "ZOHO_CONTACT_NAME": CONTACT,
    # Limits over all workers, for releases that keep them.
    "ZOHO_MAX_CONCURRENCY": "10",
    "CODY_REQUESTS_PER_MINUTE": "1200",
    "REDIS_KEY_PREFIX": PREFIX,
    "LOG_FORMAT": "text",
}
