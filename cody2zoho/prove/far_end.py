"""Cody and Zoho, simulated: they hold the truth, out of reach of every fault but those of their own answers."""

import random
import time
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

from cody2zoho.prove.load import Afterthought, stamped
from cody2zoho.simulators import tuning
from cody2zoho.simulators.audit import Audit, audit, something_said
from cody2zoho.simulators.cody import DEMO_KEY, Cody, CodyKnobs
from cody2zoho.simulators.corpus import CorpusConversation
from cody2zoho.simulators.faults import Fault, Rule
from cody2zoho.simulators.generator import BOTS
from cody2zoho.simulators.journal import Entry
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.words import Said, all_found
from cody2zoho.simulators.zoho import DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN, Zoho

#: Of every answer: long enough for work to be under way when something breaks.
_LATENCY_SECONDS = 0.04


class FarEnd:
    """Both simulators behind one port. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self.cody = Cody(knobs=CodyKnobs(requests_per_minute=None))
        for bot_id, name in BOTS.items():
            self.cody.add_bot(name, bot_id=bot_id, at=time.time() - 10**7)
        self.zoho = Zoho()
        self.zoho.set_up_fields()
        self.server = SimulatorServer([self.cody, self.zoho], latency_seconds=_LATENCY_SECONDS)
        #: Answers that were spoilt, by the name of the fault.
        self.struck: Counter[str] = Counter()
        self._tokens: set[str] = set()

    # -- what happens to them -----------------------------------------------------------------

    def take(self, conversations: Iterable[CorpusConversation]) -> None:
        """As they are, all in one moment."""
        self.server.run(partial(self.cody.load, conversations))

    def begin(self, conversations: Iterable[CorpusConversation]) -> None:
        """They begin now; a poll finds each with all its words or not at all."""
        self.take([stamped(one, int(time.time())) for one in conversations])

    def say_more(self, afterthought: Afterthought, seed: int) -> None:
        """In some conversation, in which something was said before."""

        def work() -> None:
            spoken = [one for one in self.cody.store.conversations.values() if something_said(self.cody, one)]
            conversation = random.Random(f"{seed} {afterthought.at}").choice(spoken)
            for number, text in enumerate(afterthought.texts):
                # Ids of our own: those of conversations still to come are given.
                self.cody.say(conversation.id, text, machine=bool(number % 2), message_id=text.replace(" ", "-"))

        self.server.run(work)

    def delete(self, most: int, seed: int, *, with_case: bool) -> None:
        """Some conversations that have a case already, or some that have none yet."""

        def work() -> None:
            made = {self._conversation_of(case) for case in self.zoho.cases.values()}
            fitting = [own_id for own_id in self.cody.store.conversations if (own_id in made) == with_case]
            for own_id in random.Random(seed).sample(fitting, min(most, len(fitting))):
                self.cody.delete_conversation(own_id)

        self.server.run(work)

    def end_tokens(self) -> None:
        """Every access token ends hours early; the refresh token lives."""

        def work() -> None:
            self._remember_tokens()
            self.zoho.accounts.evict_access_tokens()

        self.server.run(work)

    def spoil(self, faults: Iterable[Fault]) -> list[Rule]:
        def work() -> list[Rule]:
            before = len(self.server.faults.rules)
            for fault in faults:
                self.server.faults.add(fault)
            return self.server.faults.rules[before:]

        return self.server.run(work)

    def spoil_no_more(self, name: str, rules: list[Rule]) -> None:
        def work() -> None:
            for rule in rules:
                self.server.faults.rules.remove(rule)
                self.struck[name] += rule.struck

        self.server.run(work)

    def turn_zoho(self, **knobs: Any) -> None:
        self.server.run(lambda: tuning.turn(self.zoho.knobs, knobs))

    # -- what they know -----------------------------------------------------------------------

    def audit(self) -> Audit:
        return self.server.run(lambda: audit(self.cody, self.zoho))

    def cases(self) -> dict[str, list[str]]:
        """Case ids by conversation."""

        def work() -> dict[str, list[str]]:
            found: dict[str, list[str]] = {}
            for case_id, case in self.zoho.cases.items():
                found.setdefault(self._conversation_of(case), []).append(case_id)
            return found

        return self.server.run(work)

    def conversations(self) -> list[str]:
        """All there ever were."""
        return self.server.run(lambda: [*self.cody.store.conversations, *self.cody.store.deleted])

    def listed(self) -> list[str]:
        """Those that a poll can find."""
        return self.server.run(lambda: list(self.cody.store.conversations))

    def deleted(self) -> set[str]:
        return self.server.run(lambda: set(self.cody.store.deleted))

    def is_idle(self) -> bool:
        """Work that its client gave up is done late, but it is done."""
        return self.server.run(lambda: all(tally.in_flight == 0 for tally in self.server.journal.tallies.values()))

    def entries(self) -> list[Entry]:
        return self.server.run(lambda: list(self.server.journal.entries))

    def doubled(self) -> dict[str, int]:
        """Notes and files that a case has more than once."""

        def work() -> dict[str, int]:
            notes = Counter((note["parent_id"], note["Note_Title"]) for note in self.zoho.notes)
            files = Counter((file.parent_id, file.file_name) for file in self.zoho.attachments)
            return {"notes": notes.total() - len(notes), "files": files.total() - len(files)}

        return self.server.run(work)

    def unnoted(self) -> list[str]:
        """Conversations whose words are not all in the notes of their case, though the settings ask for it.

        What was deleted meanwhile cannot be read again, so a note that was cut off stays away.
        """

        def work() -> list[str]:
            return [self._conversation_of(case) for case_id, case in self.zoho.cases.items() if self._lacks(case_id)]

        return self.server.run(work)

    def _lacks(self, case_id: str) -> bool:
        spoken = self.cody.store.messages_of.get(self._conversation_of(self.zoho.cases[case_id]))
        if spoken is None:
            return False
        noted = [note.get("Note_Content") for note in self.zoho.note_book.of(case_id)]
        said = (Said(message.content, is_markdown=message.machine) for message in spoken.oldest_first())
        return not all_found(said, noted)

    def contacts(self) -> int:
        return self.server.run(lambda: len(self.zoho.contacts))

    def secrets(self) -> set[str]:
        """What no log may hold: keys, and every token that was in use when somebody ended it, or is now."""
        self.server.run(self._remember_tokens)
        return {DEMO_KEY, DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN, *self._tokens}

    def words(self) -> set[str]:
        """Every line that somebody said."""
        messages = self.server.run(lambda: [message.content or "" for message in self.cody.store.messages.values()])
        return {line.strip() for content in messages for line in content.splitlines()}

    def _remember_tokens(self) -> None:
        self._tokens.update(self.zoho.accounts.access_tokens)

    @staticmethod
    def _conversation_of(case: Any) -> str:
        return str(case.get("Cody_Conversation_ID") or "").partition("~")[0]
