"""Cody against Zoho against the ledger: exactly what is off is found, and what needs no person is mended."""

import json

import pytest

from chats import KEY, case_of, chat, work
from cody2zoho.errors import OutOfTurn, Transient
from cody2zoho.ledger.keys import distinct_key
from cody2zoho.ledger.ledger import State
from cody2zoho.reconcile import mismatches, nightly, reconcile
from cody2zoho.reconcile.comparison import owner_of
from cody2zoho.services import Services
from cody2zoho.simulators.audit import audit
from cody2zoho.simulators.cody import Cody
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import polling
from later import later


@pytest.fixture
def worker(plugged) -> Services:
    return plugged()


@pytest.fixture
def made(account: Cody, worker: Services) -> list[str]:
    """Forty conversations with their cases."""
    ids = [chat(account, ago=7_200 + number) for number in range(40)]
    work(worker)
    return ids


def missing_ids(report: reconcile.Report) -> set[str]:
    return {one.conversation.id for one in report.missing}


def test_where_all_agree_nothing_is_found(made, worker) -> None:
    report = reconcile.reconcile(worker)
    assert report.all_is_well
    assert (report.conversations, report.cases) == (40, 40)


def test_a_deleted_case_of_history_is_missing_and_made_anew(account, organisation, server, plugged) -> None:
    worker = plugged(sync_since="30d")
    chat(account)
    old = [chat(account, ago=90 * 86_400 + number) for number in range(3)]
    work(worker)
    for one in old:
        worker.ledger.add_new([worker.cody.conversation(one)])
    work(worker)
    organisation.delete_case(case_of(organisation, old[0]))
    for one in (old[1], old[2]):
        account.delete_conversation(one)
    organisation.delete_case(case_of(organisation, old[1]))
    report = reconcile.reconcile(worker)
    assert missing_ids(report) == {old[0]}
    assert [one.conversation_id for one in report.orphaned] == [old[2]]
    assert reconcile.repair(report, worker) == (1, 0)
    work(worker)
    assert case_of(organisation, old[0])


def test_three_missing_two_duplicate_and_one_orphaned_are_found_and_nothing_else(
    account, organisation, made, worker, run
) -> None:
    for one in made[:3]:
        organisation.delete_case(case_of(organisation, one))
    doubles = {one: [case_of(organisation, one), organisation.add_case(**{KEY: one})] for one in made[10:12]}
    account.delete_conversation(made[20])

    shown = run("reconcile", "--json")
    assert shown.exit_code == 1
    found = json.loads(shown.stdout)
    assert {one["conversation"] for one in found["missing"]} == set(made[:3])
    assert {one["conversation"]: one["cases"] for one in found["duplicate"]} == doubles
    assert [(one["case"], one["conversation"]) for one in found["orphaned"]] == [
        (case_of(organisation, made[20]), made[20])
    ]
    assert found["unrecorded"] == []

    cases = set(organisation.cases)
    mended = run("reconcile", "--repair")
    assert mended.exit_code == 1
    assert "3 queued, 0 noted." in mended.output
    work(worker)
    assert len(set(organisation.cases) - cases) == 3
    assert cases <= set(organisation.cases)
    assert missing_ids(reconcile.reconcile(worker)) == set()


def test_the_table_shows_ids_whole_and_what_to_do(account, organisation, made, run) -> None:
    gone = case_of(organisation, made[0])
    organisation.delete_case(gone)
    double = organisation.add_case(**{KEY: made[1]})
    shown = run("reconcile").output
    assert "1 missing: a conversation has no case; --repair queues it" in shown
    assert f"case {gone}" in " ".join(shown.split())
    assert made[0] in shown
    assert double in shown
    assert "Where is my order" not in shown


def test_a_conversation_the_ledger_lost_is_adopted_and_no_second_case_is_made(
    organisation, made, worker, store, run
) -> None:
    store.flushall()
    found = json.loads(run("reconcile", "--repair", "--json").stdout)
    assert {one["conversation"] for one in found["unrecorded"]} == set(made)
    assert (found["queued"], found["noted"]) == (0, 40)
    assert worker.ledger.counts()[State.CREATED] == 40
    work(worker)
    assert len(organisation.cases) == 40
    assert run("reconcile").exit_code == 0


def test_an_old_conversation_that_no_poll_has_found_is_missing(account, worker) -> None:
    unseen = chat(account)
    report = reconcile.reconcile(worker)
    assert missing_ids(report) == {unseen}
    assert reconcile.repair(report, worker) == (1, 0)
    assert worker.ledger.claim(unseen).conversation.created_at == account.now() - 7_200


def test_what_the_earlier_product_made_a_case_of_is_not_missing_and_gets_no_second_one(
    account, organisation, plugged, caplog: pytest.LogCaptureFixture
) -> None:
    """Its cases lack the conversation's id: only its marks tell of them."""
    worker, ids = plugged(closed=True), [chat(account) for _ in range(3)]
    for one in ids:
        worker.store.set(f"processed_conversation:{one}", "1")
        organisation.add_case(Subject="by the earlier product")
    work(worker)
    report = reconcile.reconcile(worker)
    assert report.missing == []
    assert nightly.compare(worker)["missing"] == 0
    assert reconcile.repair(report, worker) == (0, 0)
    work(worker)
    assert len(organisation.cases) == 3


def test_a_conversation_in_which_nothing_was_said_is_not_missing(account, worker) -> None:
    account.add_conversation(bot_id="support", at=account.now() - 7_200)
    assert reconcile.reconcile(worker).all_is_well


def test_a_young_conversation_is_on_its_way(account, worker) -> None:
    chat(account, ago=60)
    report = reconcile.reconcile(worker)
    assert (report.missing, report.waiting) == ([], 1)


def test_what_the_first_polls_have_not_reached_is_on_its_way(account, worker) -> None:
    ids = [chat(account, ago=90_000 - number) for number in range(polling.PAGES_PER_POLL * 15 + 20)]
    polling.poll(worker)
    report = reconcile.reconcile(worker)
    assert (report.missing, report.waiting) == ([], len(ids))


@pytest.mark.parametrize("state", [State.WAITING, State.WORKING, State.PARKED, State.DISMISSED, State.EMPTY])
def test_who_has_a_reason_to_have_no_case_is_not_missing(account, worker, state: State) -> None:
    one = chat(account)
    polling.poll(worker)
    if state is not State.WAITING:
        claim = worker.ledger.claim(one)
    if state in (State.PARKED, State.DISMISSED):
        worker.ledger.park(claim, "Zoho refuses it")
    if state is State.DISMISSED:
        worker.ledger.dismiss(one)
    if state is State.EMPTY:
        worker.ledger.let_go(claim, State.EMPTY)
    report = reconcile.reconcile(worker)
    assert report.all_is_well
    assert report.parked == (state is State.PARKED)
    assert report.waiting == (state in (State.WAITING, State.WORKING))


def test_conversations_before_the_line_do_not_count_and_their_cases_are_no_orphans(
    account, organisation, plugged
) -> None:
    old = chat(account, ago=90_000)
    organisation.add_case(**{KEY: old})
    chat(account, ago=80_000)
    worker = plugged()
    worker.places.draw_line(account.now() - 12 * 3600)
    report = reconcile.reconcile(worker)
    assert report.all_is_well
    assert report.conversations == 0


def test_a_case_of_a_bot_that_is_not_ours_is_an_orphan_and_says_so(account, organisation, worker) -> None:
    other = chat(account, bot_id="sales")
    case_id = organisation.add_case(**{KEY: other})
    [orphan] = reconcile.reconcile(worker).orphaned
    assert (orphan.case_id, orphan.conversation_id) == (case_id, other)
    assert "of bot sales, which is not in CODY_BOT_ID" in orphan.why


def test_what_someone_typed_into_the_field_is_an_orphan_and_cody_is_not_asked(organisation, worker, server) -> None:
    organisation.add_case(**{KEY: "see the other one / ask Pat?"})
    server.journal.clear()
    assert len(reconcile.reconcile(worker).orphaned) == 1
    assert server.journal["cody"].requests == 1


def test_ids_that_differ_only_in_capitals_rightly_have_two_cases(account, organisation, worker) -> None:
    for one in ("aBcDeFgHiJkL", "AbCdEfGhIjKl"):
        chat(account, one)
    work(worker)
    assert "~" in "".join(str(case[KEY]) for case in organisation.cases.values())
    assert reconcile.reconcile(worker).all_is_well


def test_a_second_case_under_the_distinct_key_is_a_duplicate(account, organisation, made, worker) -> None:
    second = organisation.add_case(**{KEY: distinct_key(made[0])})
    assert reconcile.reconcile(worker).duplicates == {made[0]: [case_of(organisation, made[0]), second]}


def test_a_second_case_with_other_capitals_is_a_duplicate(account, organisation, worker) -> None:
    chat(account, "aBcDeFgHiJkL")
    work(worker)
    organisation.add_case(**{KEY: "abcdefghijkl"})
    report = reconcile.reconcile(worker)
    assert list(report.duplicates) == ["aBcDeFgHiJkL"]
    assert report.orphaned == []


def test_the_case_of_a_deleted_twin_is_an_orphan_and_no_duplicate(account, organisation, worker) -> None:
    for one in ("aBcDeFgHiJkL", "AbCdEfGhIjKl"):
        chat(account, one)
    work(worker)
    [plain] = [
        one for one in ("aBcDeFgHiJkL", "AbCdEfGhIjKl") if any(c[KEY] == one for c in organisation.cases.values())
    ]
    account.delete_conversation(plain)
    report = reconcile.reconcile(worker)
    assert [one.conversation_id for one in report.orphaned] == [plain]
    assert report.duplicates == {}


def test_a_case_made_while_the_lists_are_read_is_not_missing(account, organisation, worker, made) -> None:
    """The ledger is read first: what it believes in is in Zoho when Zoho is read."""
    late = chat(account, ago=7_000)

    def meanwhile(what: str) -> None:
        if what == "reading the cases":
            work(worker)

    report = reconcile.reconcile(worker, meanwhile)
    assert report.all_is_well
    assert case_of(organisation, late)


def test_a_conversation_that_is_found_by_a_poll_meanwhile_is_not_missing(account, worker) -> None:
    chat(account)

    def meanwhile(what: str) -> None:
        if what == "looking at what does not match":
            polling.poll(worker)

    assert reconcile.reconcile(worker, meanwhile).all_is_well


def test_a_case_whose_conversation_slipped_through_the_list_is_no_orphan(account, organisation, worker) -> None:
    late = []

    def meanwhile(what: str) -> None:
        if what == "reading the cases":
            late.append(chat(account))
            organisation.add_case(**{KEY: late[0]})

    report = reconcile.reconcile(worker, meanwhile)
    assert report.orphaned == []
    assert report.unrecorded == [(late[0], case_of(organisation, late[0]), 0)]


def test_a_conversation_that_moved_up_while_cody_was_read_is_still_seen(account, made, worker) -> None:
    """A deletion between two pages moves a row onto a page that was read already."""
    pages = worker.cody.conversations_since("support", 0)
    seen = {one.id for one in next(pages)}
    for one in made[:3]:
        account.delete_conversation(one)
    seen |= {one.id for page in pages for one in page}
    assert set(made) <= seen


def test_conversations_that_begin_while_cody_is_read_hide_none(account, made, worker) -> None:
    pages = worker.cody.conversations_since("support", 0)
    seen = {one.id for one in next(pages)}
    for _ in range(20):
        chat(account, ago=10)
    seen |= {one.id for page in pages for one in page}
    assert set(made) <= seen


def test_a_cody_that_repeats_its_first_page_for_ever_ends_in_an_error(account, made, worker) -> None:
    account.knobs.page_ignored = True
    with pytest.raises(Exception, match="kept changing"):
        list(worker.cody.conversations_since("support", 0))


def test_reading_stops_at_the_line(account, plugged, server) -> None:
    for number in range(60):
        chat(account, ago=100_000 + number)
    worker = plugged(sync_since="12h")
    server.journal.clear()
    reconcile.reconcile(worker)
    assert server.journal["cody"].requests == 1


def test_half_a_comparison_is_no_result(made, worker, server, run) -> None:
    server.faults.add(Fault("garble", path="/crm/v8/coql"))
    result = run("reconcile")
    assert result.exit_code == 1
    assert "missing" not in result.output
    assert nightly.latest(worker) == {}


def test_a_passing_fault_does_not_end_hours_of_reading(made, worker, server) -> None:
    waits: list[float] = []
    server.faults.add(Fault("502", path="/api/v1/conversations", nth=2))
    server.faults.add(Fault("500", path="/crm/v8/coql", times=2))
    assert reconcile.reconcile(worker, sleep=waits.append).all_is_well
    assert waits == [2, 2, 4]


def test_what_does_not_pass_ends_it(made, worker, server) -> None:
    waits: list[float] = []
    server.faults.add(Fault("500", path="/crm/v8/coql"))
    with pytest.raises(Transient):
        reconcile.reconcile(worker, sleep=waits.append)
    assert 60 < sum(waits) < 180


def test_an_api_that_is_out_of_order_from_the_first_is_said_at_once(made, worker, server) -> None:
    waits: list[float] = []
    server.faults.add(Fault("502", path="/api/v1/conversations"))
    with pytest.raises(Transient):
        reconcile.reconcile(worker, sleep=waits.append)
    assert waits == []


def test_many_cases_of_unlisted_conversations_do_not_cost_a_request_each(organisation, worker, server, plugged) -> None:
    for number in range(mismatches.MOST_ASKED + 50):
        organisation.add_case(**{KEY: f"unlisted{number}"})
    server.journal.clear()
    assert len(reconcile.reconcile(worker).orphaned) == mismatches.MOST_ASKED + 50
    assert server.journal["cody"].requests == mismatches.MOST_ASKED + 2


def test_many_cases_before_the_line_are_told_from_orphans(account, organisation, plugged, run) -> None:
    for number in range(mismatches.MOST_ASKED + 50):
        organisation.add_case(**{KEY: chat(account, f"old{number}", ago=90_000)})
    worker = plugged()
    worker.places.draw_line(account.now() - 12 * 3600)
    report = reconcile.reconcile(worker)
    assert (report.all_is_well, report.unclear) == (True, 50)
    shown = run("reconcile")
    assert shown.exit_code == 0
    assert "50 more cases are of conversations before SYNC_SINCE, or of none." in shown.output


@pytest.mark.parametrize("one", ["aBcDeFgHiJkL", "abc", "ABC", "Qz3d", "9"])
def test_a_distinct_key_names_its_conversation_whatever_became_of_its_capitals(one: str) -> None:
    assert owner_of(distinct_key(one)) == one
    assert owner_of(distinct_key(one).lower()) == one
    assert owner_of(distinct_key(one).upper()) == one
    assert owner_of(one) == one


def test_it_takes_what_codys_limit_leaves_and_waits_for_the_rest(account, made, plugged, store, server) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        later(store, seconds)

    slow = plugged(cody_requests_per_minute=3)
    assert reconcile.reconcile(slow, sleep=sleep).all_is_well
    assert waits
    assert server.journal["cody"].statuses[429] == 0


@pytest.mark.parametrize("retry_after", [None, 3])
def test_a_429_of_cody_is_waited_for_and_loses_no_comparison(account, server, plugged, retry_after) -> None:
    worker = plugged()
    chat(account)
    work(worker)
    server.faults.add(Fault("429", simulator="cody", times=2, retry_after=retry_after))
    assert reconcile.reconcile(worker, sleep=lambda seconds: later(worker.store, seconds)).conversations == 1


def test_what_zohos_credits_do_not_allow_is_not_begun_at_cody(account, server, plugged) -> None:
    chat(account)
    with pytest.raises(OutOfTurn, match="credits are kept"):
        reconcile.reconcile(plugged(zoho_credits_per_day=400, zoho_credits_reserve=500))
    assert server.journal["cody"].requests == 0


def test_its_calls_to_zoho_are_in_its_own_lane(made, worker) -> None:
    before = worker.limits.credits.budget().by_lane["cases"]
    reconcile.reconcile(worker)
    by_lane = worker.limits.credits.budget().by_lane
    assert by_lane["cases"] == before
    assert by_lane["reconcile"] > 0


def test_what_the_earlier_product_did_is_not_missing_and_is_not_done_again(account, organisation, plugged) -> None:
    """Its case carries no conversation id, so Zoho would take a second one."""
    one = chat(account)
    organisation.add_case(Subject="made by the earlier product")
    worker = plugged(closed=True)
    worker.store.set(f"processed_conversation:{one}", "1")
    work(worker)
    assert nightly.compare(worker)["missing"] == 0
    report = reconcile.reconcile(worker)
    assert report.all_is_well
    reconcile.repair(report, worker)
    work(worker)
    assert len(organisation.cases) == 1


def test_what_a_person_decided_while_lists_were_read_stands(account, worker) -> None:
    one = chat(account)
    report = reconcile.reconcile(worker)
    polling.poll(worker)
    worker.ledger.park(worker.ledger.claim(one), "Zoho refuses it")
    worker.ledger.dismiss(one)
    assert reconcile.repair(report, worker) == (0, 0)
    assert worker.ledger.counts()[State.DISMISSED] == 1


def test_a_case_made_anew_while_lists_were_read_is_not_made_again(account, organisation, made, worker) -> None:
    """Two repairs at once: the first one's worker was quicker than the second one's report."""
    organisation.delete_case(case_of(organisation, made[0]))
    first, second = reconcile.reconcile(worker), reconcile.reconcile(worker)
    assert reconcile.repair(first, worker) == (1, 0)
    work(worker)
    assert reconcile.repair(second, worker) == (0, 0)
    assert worker.ledger.counts()[State.CREATED] == len(made)


def test_a_young_case_the_ledger_lost_gets_the_notes_it_may_lack(account, organisation, server, worker) -> None:
    """Redis is wiped between the insert and the notes, and somebody repairs before the next poll."""
    one = account.add_conversation(bot_id="support", at=account.now() - 1_500)
    account.say(one.id, "Where is my order? " * 3_000, at=account.now() - 1_400)
    server.faults.add(Fault("500", path="*/Notes", times=1))
    work(worker)
    assert not audit(account, organisation).perfect
    worker.store.flushall()
    report = reconcile.reconcile(worker)
    assert report.unrecorded == [(one.id, case_of(organisation, one.id), 0)]
    assert reconcile.repair(report, worker) == (1, 0)
    work(worker)
    assert audit(account, organisation).perfect


def test_of_many_cases_only_the_young_ones_count_as_unsettled(organisation, worker, clock) -> None:
    old = organisation.add_case(**{KEY: "old"})
    clock.now += 3_600
    young = {organisation.add_case(**{KEY: f"young{number}"}) for number in range(2_003)}
    assert worker.cases.made_since(clock.now) == young
    assert worker.cases.made_since(clock.now - 3_600) == young | {old}


def test_what_began_while_cody_was_read_is_no_orphan_however_many_there_are(account, organisation, worker) -> None:
    """Only the oldest unlisted ones are asked about; the newest are those that began meanwhile."""
    for number in range(mismatches.MOST_ASKED + 5):
        organisation.add_case(**{KEY: f"unlisted{number}"})
    late = []

    def meanwhile(what: str) -> None:
        if what == "reading the cases":
            late.append(chat(account, ago=0))
            work(worker)

    report = reconcile.reconcile(worker, meanwhile)
    assert len(report.orphaned) == mismatches.MOST_ASKED + 5
    assert late[0] not in {one.conversation_id for one in report.orphaned}


@pytest.mark.parametrize("typed", ["[/done]", "[see] 5725", ":x:"])
def test_what_someone_typed_into_the_field_is_shown_as_it_is(organisation, worker, run, typed: str) -> None:
    """The library that draws tables has a mark-up of its own."""
    organisation.add_case(**{KEY: typed})
    shown = run("reconcile")
    assert shown.exit_code == 1
    assert typed in shown.output
