"""Putting up to 100 cases into Zoho with one call, each exactly once: what became of each is read from its own result.

An unknown outcome is looked up: one query tells which of the cases were made. What cannot be settled so goes the way
of all conversations, by whose rules it is completed, tried again or parked.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from cody2zoho import logs
from cody2zoho.backfill.skimming import Drafted
from cody2zoho.errors import Blocked, Cody2ZohoError, OutcomeUnknown, OutOfTurn, RateLimited, Refused, Transient
from cody2zoho.ledger.claims import Claim
from cody2zoho.ledger.records import State
from cody2zoho.limits.keeper import KEEPER
from cody2zoho.models import Conversation
from cody2zoho.services import Services
from cody2zoho.sync import filing, parts, quiet
from cody2zoho.zoho.cases import Inserted

#: What has to be tried again the next batch tries; should there be none, it goes the way of all so much later.
_NET_SECONDS = 900

#: After so many tries the fault may lie in one of them, and each is tried by itself.
_MOST_TRIES = 5

#: Zoho's clock and ours may differ by so much.
_SKEW_SECONDS = 300

#: An insert without an answer may still be on its way for so long.
_ON_ITS_WAY_SECONDS = 60


class Bulk:
    """Drafts on their way into Zoho, all with the same wishes beside them.

    `finish` hears what became of each: `made`, or left to the `ordinary` way.
    """

    def __init__(
        self, drafted: Sequence[Drafted], services: Services, finish: Callable[[Conversation, str], None]
    ) -> None:
        self._services, self._ledger, self._finish = services, services.ledger, finish
        self._drafted = drafted
        self._claims: dict[str, Claim] = {}
        #: Claimed by us and not settled yet.
        self._ours: dict[str, Drafted] = {}

    def file(self) -> None:
        """Raises Transient or Blocked; what is not settled by then is back in the ledger, and not finished."""
        with self._held():
            self._claim_all()
            try:
                self._insert()
            except (Transient, Blocked) as error:
                self._give_back(error)
                raise
            except Refused as error:
                # Of the call as a whole: each is told what is wrong with it by itself.
                self._hand_on_all(0, str(error))

    @contextmanager
    def _held(self) -> Iterator[None]:
        """While it lasts all leases are renewed, and nothing of it counts as work in hand."""
        ids, lease_seconds = [one.conversation.id for one in self._drafted], self._ledger.lease_seconds

        def renewed() -> bool:
            ours = list(self._ours)
            self._services.history.hold(ours, lease_seconds)
            return sum(self._ledger.renew(self._claims[one]) for one in ours) > 0

        self._services.history.hold(ids, lease_seconds)
        try:
            with KEEPER.keeping(renewed, lease_seconds):
                yield
        finally:
            self._services.history.hold(ids, 0)

    def _claim_all(self) -> None:
        """From here on the ledger brings them up again, whatever happens."""
        wait_seconds = 2 * self._ledger.lease_seconds
        self._ledger.add_new((one.conversation for one in self._drafted), lambda _: wait_seconds)
        for one in self._drafted:
            claim = self._claims[one.conversation.id] = self._ledger.claim(one.conversation.id)
            if claim.owner:
                self._ours[one.conversation.id] = one
                if claim.held or claim.attempts > _MOST_TRIES:
                    self._hand_on(one, 0, "it is looked at by itself")
            elif claim.was != "closed":
                self._finish(one.conversation, "made" if claim.was == State.CREATED else "ordinary")
        self._hear()

    def _hear(self) -> None:
        """What was said while they were read, and the ledger did not know them, reaches the case as later words do."""
        settings, heard = self._services.settings, self._services.history.heard(list(self._ours))
        later = [(one, at, 0.0) for one, at in heard.items() if at > self._ours[one].last_said_at]
        longest = quiet.longest_seconds(settings.conversation_quiet_seconds)
        self._ledger.moved(later, longest, follow_up=settings.follow_up_hours > 0)

    def _insert(self) -> None:
        is_unique = self._services.key_field.is_unique()
        if not is_unique and self._services.settings.zoho_enable_duplicate_check:
            self._settle(list(self._ours))
        elif tried := [one for one in self._ours if self._claims[one].attempts > 1]:
            self._settle(tried)
        if not self._ours:
            return
        sent = list(self._ours.values())
        try:
            results = self._services.cases.insert_many([one.draft.fields for one in sent], sent[0].draft.beside)
        except OutcomeUnknown as error:
            try:
                self._settle(list(self._ours))
            finally:
                if not is_unique:
                    # What is still on its way nobody can see yet, and nothing would refuse a second one.
                    self._hand_on_all(_ON_ITS_WAY_SECONDS, str(error))
            if self._ours:
                raise
            return
        for one, result in zip(sent, results, strict=True):
            self._conclude(one, result)

    def _settle(self, ids: Sequence[str]) -> None:
        """Ask Zoho which of these have their case. One made since we first tried is ours: nobody else had it.

        But it may be of an earlier try, and lack what was said shortly before that or since.
        """
        most_before = _SKEW_SECONDS + self._services.settings.task_budget_seconds
        for key, case in self._services.cases.with_keys(ids).items():
            one, first_tried = self._ours[key], self._services.clock() - self._claims[key].trying_seconds
            if case.made_at >= first_tried - _SKEW_SECONDS and one.last_said_at < first_tried - most_before:
                self._made(one, Inserted(case.case_id, was_there=True))
            else:
                self._hand_on(one, 0, "Zoho has a case of it")

    def _conclude(self, one: Drafted, result: Inserted | Refused | Transient) -> None:
        if isinstance(result, Inserted) and not result.was_there:
            self._made(one, result)
        else:
            self._hand_on(one, 0, "Zoho has a case of it" if isinstance(result, Inserted) else str(result))

    def _made(self, one: Drafted, case: Inserted) -> None:
        """Its notes and files are added now, or by whoever looks at it next and finds the case."""
        claim = self._claims[one.conversation.id]
        with logs.context(conversation=one.conversation.id):
            try:
                filing.complete(claim, case, one.draft, self._services)
            except filing.TakenOver:
                self._hand_on(one, 0, "another worker took it over")
                return
            except Cody2ZohoError as error:
                self._hand_on(one, 0, str(error))
                return
            parts.made(claim, case, one.draft, one.last_said_at, self._services)
        del self._ours[one.conversation.id]
        self._finish(one.conversation, "made")

    def _hand_on(self, one: Drafted, seconds: float, why: str) -> None:
        """To the way of all conversations."""
        del self._ours[one.conversation.id]
        self._ledger.later(self._claims[one.conversation.id], seconds, why, counts=False)
        self._finish(one.conversation, "ordinary")

    def _hand_on_all(self, seconds: float, why: str) -> None:
        for one in list(self._ours.values()):
            self._hand_on(one, seconds, why)

    def _give_back(self, error: Cody2ZohoError) -> None:
        """To the next batch. What was not asked at all is no attempt."""
        counts = not isinstance(error, OutOfTurn | RateLimited)
        for one in self._ours:
            self._ledger.later(
                self._claims[one], _NET_SECONDS, str(error), counts=counts, anew=isinstance(error, Blocked)
            )
