"""The ledger: which conversations there are, and what has become of each. It is the truth; the queue is a hint.

    unseen ──add──▶ WAITING ──claim──▶ WORKING ──created──▶ CREATED ──more was said, claim──▶ WORKING …
                      ▲                 │ │ │
                      ├──── later ──────┘ │ ├── let_go ───▶ EMPTY, GONE
                      │                   └──── park ─────▶ PARKED ──dismiss──▶ DISMISSED
                      ├──── retry, by a person ─────────────┘
                      └── the lease ended, and someone else claimed

    any of these, unless a worker has it ──forget, by a person──▶ FORGOTTEN

Every conversation that is not finished stands in the agenda with the time of its next look. Sending a message
about it pushes that time forward, claiming pushes it to the end of the lease, finishing takes it out. Whatever
dies in between comes up again by itself. So does one that has its case but may go on: it stands in the agenda too,
and while it is open again it carries what its case `held`.

Every move is one atomic script that checks the state and the owner, on the clock of the Redis server. While the
ledger is closed, which it is until it was filled from Zoho (`rebuild.py`), nothing is claimed and nothing is due. The
same goes for what a person has paused (`paused.py`): a paused bot's conversations stand aside from the agenda.

Keys, below the prefix:
    conversation:<id>          hash  one that is not finished: state, bot, created_at (s), seen (ms); due (ms), since
                                     when it should have its case; attempts, first_try (ms); while working: owner;
                                     while waiting or parked: reason; after a lease that ended without a word: lapses;
                                     once Cody's feed told of a message: moved (s); of one that goes on after it was
                                     quiet: goes_on (ms), since when; of one that has a case: held;
                                     name, where CONTACT_MATCH finds an address in it, or a template shows it
    conversation:finished:<n>  hash  id -> state and, of a case, what it holds (`records.Held`): 65,536 buckets, so
                                     small that Redis packs each into one piece of memory
    agenda                     zset  id -> ms of its next look
    working                    zset  id -> ms at which its lease ends
    parked                     zset  id -> ms since it is parked
    forgotten                  zset  SHA-1 of the id of one that was forgotten -> ms since then
    metrics:states             hash  state -> how many conversations are in it
    metrics:latest             list  the latest 100 cases, the newest first: ms, conversation, case and owner
    ledger                     hash  schema: version of all this; epoch: ms since when it may be trusted; turn: looks
                                     into the agenda; clock (ms); while it is being filled: filled_to, a case's id;
                                     while a backup is put back: restoring, a mark of who does
"""

import secrets
from collections.abc import Callable, Iterable, Sequence

import redis

from cody2zoho.ledger.blocks import STOPS_WORK
from cody2zoho.ledger.claims import Claim, Due
from cody2zoho.ledger.filling import Filling
from cody2zoho.ledger.records import Held, State
from cody2zoho.models import Conversation
from cody2zoho.store import script
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import CleanedUp

#: Where the scripts count what they do, as `telemetry.counters` reads it.
_COUNTED = ("metrics:counters", "metrics:hours")


class Ledger(Filling):
    """All of it in one Redis, shared by every worker."""

    def __init__(
        self,
        store: redis.Redis,
        prefix: str,
        lease_seconds: float,
        keeps_name: Callable[[str], bool] = lambda name: False,
    ) -> None:
        super().__init__(store, prefix)
        self.lease_seconds = lease_seconds
        self._keeps_name = keeps_name
        self._add = script(store, "count", "add")
        self._claim = script(store, "claim")
        self._renew = script(store, "renew")
        self._settle = script(store, "count", "settle")
        self._due = script(store, "due")
        self._decide = script(store, "count", "decide")
        self._again = script(store, "count", "again")
        self._moved = script(store, "moved")
        self._forget = script(store, "forget")
        self._hold = script(store, "count", "hold")
        self._seen = (0, 0)

    def add_new(
        self, conversations: Iterable[Conversation], wait_seconds: Callable[[Conversation], float] = lambda _: 0
    ) -> list[str]:
        """Note those never seen before, in one round trip; returns their ids. Their first look is after the wait."""
        known = list(conversations)
        if not known:
            return []
        places = self._places(one.id for one in known)
        keys = [
            *self._keys("agenda", "metrics:states"),
            *places,
            *self._keys("forgotten", "metrics:counters", "metrics:hours"),
        ]
        arguments = [
            part
            for one in known
            for part in (one.id, one.bot_id, one.created_at, int(wait_seconds(one) * 1000), self._name(one))
        ]
        return list(self._add(keys=keys, args=arguments))

    def due(self, limit: int, most_in_hand: int, lost_after_seconds: float, *, while_blocked: int = 0) -> Due:
        """Ids whose next look has come; they come up again after `lost_after_seconds` unless claimed by then.

        No more than `limit`, or `while_blocked`, and no more than leave `most_in_hand` handed out or worked on. None
        while the ledger is closed, which it is from now on if it came back with a state older than this process knows.
        """
        keys = self._keys("agenda", "working", "cases", "ledger", "blocked", "paused", "backfill:hand")
        lost_after_ms = int(lost_after_seconds * 1000)
        facts = [limit, most_in_hand, lost_after_ms, *self._seen, while_blocked, *STOPS_WORK]
        epoch, turn, is_blocked, *ids = self._due(keys=keys, args=facts)
        self._seen = (epoch, turn)
        return Due(ids, is_open=epoch > 0, is_blocked=bool(is_blocked))

    def claim(self, conversation_id: str) -> Claim:
        """Take the conversation for the length of a lease, unless it is finished, someone else's, or paused."""
        owner = secrets.token_hex(8)
        keys = [
            *self._places([conversation_id]),
            *self._keys("agenda", "working", "metrics:states", "ledger", "blocked", "forgotten", "paused", "aside"),
        ]
        was, *facts = self._claim(keys=keys, args=[conversation_id, owner, self._lease_ms])
        if was != "claimed":
            return Claim(Conversation(conversation_id, "", 0), was)
        bot, created_at, attempts, trying_ms, lapses, blocked, seen, moved, held, name, goes_on = facts
        if lapses:
            report(CleanedUp("leases", 1))
        return Claim(
            Conversation(conversation_id, bot, int(created_at), name or None),
            was,
            owner,
            attempts,
            trying_ms / 1000,
            lapses,
            bool(blocked),
            Held.of(held) if held else None,
            int(seen or 0) / 1000,
            int(moved or 0),
            int(goes_on or 0) / 1000,
        )

    def renew(self, claim: Claim) -> bool:
        """Put off the end of the lease. False where the claim was lost meanwhile."""
        keys = [self._conversation(claim.conversation.id), *self._keys("agenda", "working")]
        return bool(self._renew(keys=keys, args=[claim.conversation.id, claim.owner, self._lease_ms]))

    def hold(self, claim: Claim, held: Held) -> bool:
        """The case of one part exists, others of the conversation are to come. False where the claim was lost."""
        conversation_id = claim.conversation.id
        keys = [self._conversation(conversation_id), *self._keys(*_COUNTED, "metrics:latest")]
        return bool(self._hold(keys=keys, args=[claim.owner, str(held), conversation_id]))

    def created(
        self, claim: Claim, held: Held, look_seconds: float | None = None, moved_seconds: float | None = None
    ) -> bool:
        """The case exists. False where that was known already, so that nobody counts it twice.

        The next look is in `look_seconds`, or `moved_seconds` where Cody's feed told of a later message meanwhile.
        """
        is_another = claim.held is None or claim.held.case_id != held.case_id
        facts = [held.last_said_at, _ms(moved_seconds), int(is_another)]
        return self._move(claim, State.CREATED, facts, record=f"{State.CREATED} {held}", seconds=look_seconds)

    def moved(self, said: Iterable[tuple[str, int, float]], longest_seconds: float, *, follow_up: bool) -> int:
        """Cody's feed told of messages: conversation, Unix second, and seconds until the next look; how many were news.

        A conversation that goes on for longer than `longest_seconds` is looked at all the same, one that has its case
        on `follow_up` only, and one that nobody has listed not at all.
        """
        known = list(said)
        if not known:
            return 0
        keys = [*self._keys("agenda", "metrics:states"), *self._places(one for one, _, _ in known)]
        facts = [part for one, at, wait in known for part in (one, at, int(wait * 1000))]
        return int(self._moved(keys=keys, args=[int(follow_up), int(longest_seconds * 1000), *facts]))

    def later(self, claim: Claim, seconds: float, reason: str, *, counts: bool = True, anew: bool = False) -> bool:
        """Look again in so many seconds. False where the claim was lost meanwhile.

        Where nothing was tried, neither does the attempt count, nor does it prove that a worker survives this one.
        Where this was no passing fault, attempts and the time since the first are counted `anew`.
        """
        if not counts:
            return self._move(claim, State.WAITING, ["reason", reason, "attempts", claim.attempts - 1], seconds=seconds)
        facts: list[str | int] = ["reason", reason, "lapses", 0, "attempts", 0 if anew else claim.attempts]
        return self._move(claim, State.WAITING, facts, seconds=seconds)

    def wait(self, claim: Claim, seconds: float, reason: str, goes_on_since: float = 0) -> bool:
        """It is not time yet. False where the claim was lost meanwhile.

        Attempts and the time since the first are counted anew; that this was one is forgotten, unless others were.
        """
        untried = ("first_try", "") if claim.attempts == 1 else ()
        going = ("goes_on", int(goes_on_since * 1000)) if goes_on_since > claim.seen_at else ()
        facts: list[str | int] = ["reason", reason, "lapses", 0, "attempts", 0, "due", "", *untried, *going]
        return self._move(claim, State.WAITING, facts, seconds=seconds)

    def put_off(self, claim: Claim, reason: str) -> bool:
        """Its bot is paused, and a new case would begin; the next claim puts it aside. False where it was lost."""
        one = claim.conversation
        about: list[str | int] = ["bot", one.bot_id, "created_at", one.created_at, "name", self._name(one)]
        return self._move(claim, State.WAITING, ["reason", reason, "attempts", claim.attempts - 1, *about], seconds=0)

    def let_go(self, claim: Claim, state: State, said_to: int = 0, moved_seconds: float | None = None) -> bool:
        """Nothing is to be done; in `moved_seconds` it is, where Cody's feed told of a message after `said_to`.

        Both as for `created`.
        """
        return self._move(claim, state, [said_to, _ms(moved_seconds)], record=state)

    def park(self, claim: Claim, reason: str) -> bool:
        """Trying again cannot help; a person has to look."""
        return self._move(claim, State.PARKED, ["reason", reason])

    def retry(self, conversation_id: str) -> bool:
        """Let a parked conversation begin anew. False where it is not parked."""
        return self._decided(conversation_id, State.WAITING)

    def dismiss(self, conversation_id: str) -> bool:
        """A person decided that it gets no case. False where it is not parked."""
        return self._decided(conversation_id, State.DISMISSED)

    def again(self, conversation: Conversation, *was: str) -> bool:
        """Begin anew, whatever became of it, or only while it is what it `was`.

        False where someone works on it, or it was forgotten.
        """
        keys = [
            *self._places([conversation.id]),
            *self._keys("agenda", "working", "metrics:states", "parked", "forgotten", *_COUNTED),
        ]
        facts = [conversation.id, conversation.bot_id, conversation.created_at, self._name(conversation), *was]
        return bool(self._again(keys=keys, args=facts))

    def forget(self, conversation_id: str) -> float:
        """Bar it for good, and know nothing else of it. Returns 0, or the seconds that a worker may have it yet."""
        keys = [
            *self._places([conversation_id]),
            *self._keys("agenda", "working", "metrics:states", "parked", "forgotten", "aside", "metrics:latest"),
        ]
        return float(self._forget(keys=keys, args=[conversation_id])) / 1000

    def _name(self, conversation: Conversation) -> str:
        """Kept only where its case needs it: a customer's address may stand in it."""
        return conversation.name if conversation.name and self._keeps_name(conversation.name) else ""

    @property
    def _lease_ms(self) -> int:
        return int(self.lease_seconds * 1000)

    def _move(
        self,
        claim: Claim,
        state: State,
        facts: Sequence[str | int] = (),
        *,
        record: str = "",
        seconds: float | None = None,
    ) -> bool:
        conversation_id = claim.conversation.id
        keys = [
            *self._places([conversation_id]),
            *self._keys("agenda", "working", "metrics:states", "parked", "forgotten", *_COUNTED, "metrics:latest"),
        ]
        args = [conversation_id, claim.owner, state, record, _ms(seconds), *facts]
        return bool(self._settle(keys=keys, args=args))

    def _decided(self, conversation_id: str, state: State) -> bool:
        keys = [*self._places([conversation_id]), *self._keys("agenda", "metrics:states", "parked", *_COUNTED)]
        return bool(self._decide(keys=keys, args=[conversation_id, state]))


def _ms(seconds: float | None) -> int | str:
    """Milliseconds for a script; empty for never."""
    return "" if seconds is None else int(seconds * 1000)
