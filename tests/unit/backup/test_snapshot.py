"""A conversation that moves while the backup is made is in it once, as it was before or after."""

import json
import threading

from cody2zoho.backup.snapshot import Snapshot
from cody2zoho.ledger.places import Place
from cody2zoho.ledger.records import Held
from cody2zoho.models import Conversation
from keeping import PREFIX


def ids(lines: list[str]) -> list[str]:
    return [line["id"] for line in map(json.loads, lines) if "id" in line]


def add(worker, *names: str) -> None:
    worker.ledger.add_new(Conversation(one, "support", 1_700_000_000) for one in names)


def create(worker, *names: str) -> None:
    """With a look at what is said later, which is due."""
    for one in names:
        worker.ledger.created(worker.ledger.claim(one), Held("57", 1, "d", 1_700_000_000), look_seconds=0)


def test_one_that_is_opened_again_behind_our_back_is_in_it(worker) -> None:
    add(worker, "OpenOne11111", "FinishedOne1")
    create(worker, "FinishedOne1")
    lines, claim = [], None
    for line in Snapshot(worker.store, PREFIX).lines():
        lines.append(line)
        if "OpenOne11111" in line:
            # The open ones are read, the buckets are still to come.
            claim = worker.ledger.claim("FinishedOne1")
    assert claim.owner
    assert sorted(ids(lines)) == ["FinishedOne1", "OpenOne11111"]


def test_one_that_is_opened_and_finished_again_behind_our_back_is_in_it(worker) -> None:
    # Its bucket comes before the other's, and is empty when it is read.
    add(worker, "OpenOne11111", "FinishedOne1", "BesideIt1111")
    create(worker, "FinishedOne1", "BesideIt1111")
    lines, claim = [], None
    for line in Snapshot(worker.store, PREFIX).lines():
        lines.append(line)
        if "OpenOne11111" in line:
            claim = worker.ledger.claim("FinishedOne1")
        if "BesideIt1111" in line:
            worker.ledger.created(claim, Held("57", 2, "e", 1_700_000_001))
    assert sorted(ids(lines)) == ["BesideIt1111", "FinishedOne1", "OpenOne11111"]


def test_one_that_is_finished_between_two_looks_is_in_it_once(worker) -> None:
    add(worker, "OpenOne11111", "OpenTwo11111")
    lines = []
    for line in Snapshot(worker.store, PREFIX).lines():
        lines.append(line)
        if len(ids(lines)) == 1:
            create(worker, "OpenOne11111", "OpenTwo11111")
    assert sorted(ids(lines)) == ["OpenOne11111", "OpenTwo11111"]


def test_what_is_new_all_the_time_does_not_keep_it_going(worker) -> None:
    add(worker, "OpenOne11111")
    lines = []
    for line in Snapshot(worker.store, PREFIX).lines():
        lines.append(line)
        add(worker, f"New{len(lines):09}")
        assert len(lines) < 8
    assert "OpenOne11111" in ids(lines)


def test_beside_a_worker_that_never_rests_nothing_is_lost_or_doubled(worker) -> None:
    names = [f"Busy{number:08}" for number in range(400)]
    add(worker, *names)
    create(worker, *names[:300])
    over = threading.Event()

    def works() -> None:
        while not over.is_set():
            for one in names:
                claim = worker.ledger.claim(one)
                if claim.owner:
                    worker.ledger.created(claim, Held("57", 1, "d", 1_700_000_000), look_seconds=0)

    thread = threading.Thread(target=works)
    thread.start()
    try:
        found = [ids(list(Snapshot(worker.store, PREFIX).lines())) for _ in range(5)]
    finally:
        over.set()
        thread.join()
    assert [sorted(one) for one in found] == [names] * 5


def test_how_far_a_list_is_known_is_never_ahead_of_what_is_known(worker) -> None:
    """A poll notes a conversation, then how far it has come: restored, it must not be passed over."""
    worker.places.keep_place("support", Place(100, 100))
    add(worker, *(f"Known{number:07}" for number in range(600)))
    lines = []
    for line in Snapshot(worker.store, PREFIX).lines():
        lines.append(line)
        if "Known0000000" in line:
            add(worker, "CameLater111")
            worker.places.keep_place("support", Place(200, 200))
    [place] = [dict(line["value"]) for line in map(json.loads, lines) if line.get("key") == "poll:support"]
    assert place["known_to"] == "100" or "CameLater111" in ids(lines)
    assert place["known_to"] == "100"


def test_the_totals_are_those_of_the_lines(worker, lived) -> None:
    snapshot = Snapshot(worker.store, PREFIX)
    lines = list(snapshot.lines())
    assert snapshot.totals.lines == len(lines)
    assert snapshot.totals.conversations == len(ids(lines)) == 7
