"""One conversation's way, run in this process against the simulators: one case, whole, or a reason why not."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from cody2zoho.errors import Gone
from cody2zoho.ledger.keys import distinct_key
from cody2zoho.ledger.records import State
from cody2zoho.models import Conversation
from cody2zoho.simulators.audit import audit
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.generator import generate
from cody2zoho.sync import pipeline, polling
from cody2zoho.sync.outcomes import wait_seconds
from waiting import eventually


def chat(account, words: str = "Where is my order?", conversation_id: str | None = None) -> str:
    conversation = account.add_conversation(bot_id="support", conversation_id=conversation_id, at=account.now() - 500)
    account.say(conversation.id, words, at=account.now() - 400)
    account.say(conversation.id, "On its way.", machine=True, at=account.now() - 399)
    return conversation.id


def only_case(organisation) -> dict:
    [case] = organisation.cases.values()
    return case


def test_every_kind_of_conversation_becomes_one_whole_case(account, organisation, server, plugged, clock) -> None:
    account.load(generate(120, 7, now=clock.now))
    worker = plugged(cody_bot_id="all")
    polling.poll(worker)
    while conversation_ids := pipeline.ready(worker):
        for conversation_id in conversation_ids:
            pipeline.create_case(conversation_id, worker)
    seen = server.run(lambda: audit(account, organisation))
    assert seen.perfect, seen
    assert seen.expected > 100
    assert worker.ledger.counts()[State.CREATED] == seen.expected


def test_a_short_chat_costs_one_request_of_each_api(account, server, plugged) -> None:
    worker = plugged()
    pipeline.create_case(chat(account), worker)
    known = chat(account)
    polling.poll(worker)
    server.journal.clear()
    pipeline.create_case(known, worker)
    assert server.journal["cody"].requests == 1
    assert server.journal["zoho"].requests == 1


def test_a_conversation_asked_for_by_id_is_made_though_no_poll_has_seen_it(account, organisation, plugged) -> None:
    conversation_id = chat(account)
    outcome = pipeline.create_case(conversation_id, plugged())
    case = only_case(organisation)
    assert str(outcome) == f"case {case['id']}"
    assert case["Cody_Conversation_ID"] == conversation_id


def test_an_id_that_cody_does_not_know_makes_nothing(plugged, organisation) -> None:
    with pytest.raises(Gone):
        pipeline.create_case("AAAAAAAAAAAA", plugged())
    assert plugged().ledger.about("AAAAAAAAAAAA") == {}


def test_a_second_message_about_the_same_conversation_does_nothing(account, organisation, server, plugged) -> None:
    worker, conversation_id = plugged(), chat(account)
    pipeline.create_case(conversation_id, worker)
    server.journal.clear()
    assert str(pipeline.create_case(conversation_id, worker)) == "nothing to do: created"
    assert server.journal["zoho"].requests == server.journal["cody"].requests == 0


@pytest.mark.parametrize("action", ["cut", "500", "502", "garble", "truncate"])
def test_an_answer_lost_after_the_post_creates_no_second_case(account, organisation, server, plugged, action) -> None:
    worker, conversation_id = plugged(), chat(account)
    server.faults.add(Fault(action, path="/crm/v8/Cases", when="after", times=1))
    assert pipeline.create_case(conversation_id, worker).retry_in_seconds is not None
    outcome = pipeline.create_case(conversation_id, worker)
    assert str(outcome) == f"case {only_case(organisation)['id']}"
    assert worker.ledger.about(conversation_id)["case"] == only_case(organisation)["id"]


@pytest.mark.parametrize("detail", ["full", "id_only", "api_name_only"])
def test_a_case_that_is_there_is_adopted_however_little_zoho_says_of_it(account, organisation, plugged, detail) -> None:
    organisation.knobs.duplicate_details = detail
    conversation_id = chat(account)
    case_id = organisation.add_case(
        Subject="by hand", Status="New", Case_Origin="Web", Cody_Conversation_ID=conversation_id
    )
    assert str(pipeline.create_case(conversation_id, plugged())) == f"case {case_id}"
    assert only_case(organisation)["Subject"] == "by hand"


def test_two_ids_that_differ_only_in_case_get_their_own_cases(account, organisation, server, plugged) -> None:
    worker = plugged()
    ids = [chat(account, "one", "abcDEFghiJKL"), chat(account, "two", "ABCdefGHIjkl")]
    for _ in range(2):
        for conversation_id in ids:
            pipeline.create_case(conversation_id, worker)
    cases = organisation.cases.values()
    assert len(cases) == 2
    assert {case["Cody_Conversation_ID"] for case in cases} == {ids[0], distinct_key(ids[1])}
    assert server.run(lambda: audit(account, organisation)).perfect


def test_the_distinct_key_survives_a_retry_too(account, organisation, server, plugged) -> None:
    worker = plugged()
    ids = [chat(account, "one", "abcDEFghiJKL"), chat(account, "two", "ABCdefGHIjkl")]
    pipeline.create_case(ids[0], worker)
    server.faults.add(Fault("cut", path="/crm/v8/Cases", nth=2, when="after"))
    pipeline.create_case(ids[1], worker)
    pipeline.create_case(ids[1], worker)
    assert len(organisation.cases) == 2


def test_distinct_keys_stay_distinct_where_case_is_ignored() -> None:
    ids = ["abc", "Abc", "aBc", "ABC", "abC"]
    assert len({distinct_key(one).lower() for one in ids}) == len(ids)


def test_notes_are_completed_after_a_cut_and_none_is_sent_twice(account, organisation, server, plugged) -> None:
    worker = plugged()
    conversation_id = chat(account, " ".join(f"word{number}" for number in range(9_000)))
    server.faults.add(Fault("cut", path="/crm/v8/Cases/*/Notes", method="POST", when="after", times=1))
    pipeline.create_case(conversation_id, worker)
    pipeline.create_case(conversation_id, worker)
    titles = [note["Note_Title"] for note in organisation.notes]
    digest = worker.ledger.about(conversation_id)["digest"]
    assert titles == [f"Cody transcript continued {n}/3 [{conversation_id} {digest}]" for n in (2, 3)]
    assert server.run(lambda: audit(account, organisation)).perfect


def test_a_file_is_attached_once_though_its_answer_was_lost(account, organisation, server, plugged) -> None:
    worker = plugged()
    conversation_id = chat(account, " ".join(f"word{number}" for number in range(40_000)))
    server.faults.add(Fault("cut", path="/crm/v8/Cases/*/Attachments", method="POST", when="after", times=1))
    pipeline.create_case(conversation_id, worker)
    pipeline.create_case(conversation_id, worker)
    digest = worker.ledger.about(conversation_id)["digest"]
    assert [file.file_name for file in organisation.attachments] == [f"cody-{conversation_id}-{digest}.txt"]
    assert server.run(lambda: audit(account, organisation)).perfect


@pytest.mark.parametrize(("length", "what"), [(9_000, "Notes"), (40_000, "Attachments")])
def test_what_was_said_after_a_note_or_file_whose_answer_was_lost_is_on_the_case_too(
    account, organisation, server, plugged, length: int, what: str
) -> None:
    """The part that goes on has grown; what is there under its number says less."""
    worker, conversation_id = plugged(), chat(account, " ".join(f"word{number}" for number in range(length)))
    server.faults.add(Fault("cut", path=f"*/{what}", method="POST", when="after", times=1))
    pipeline.create_case(conversation_id, worker)
    account.say(conversation_id, "And one thing more.", at=account.now())
    pipeline.create_case(conversation_id, worker)
    assert server.run(lambda: audit(account, organisation)).perfect


def test_a_case_in_the_recycle_bin_is_parked_with_what_to_do(account, organisation, plugged) -> None:
    organisation.knobs.recycle_bin_blocks_unique = True
    worker, conversation_id = plugged(), chat(account)
    case_id = organisation.add_case(Subject="s", Status="New", Case_Origin="Web", Cody_Conversation_ID=conversation_id)
    organisation.delete_case(case_id)
    assert "recycle bin" in str(pipeline.create_case(conversation_id, worker))
    assert worker.ledger.about(conversation_id)["state"] == State.PARKED


def test_what_zoho_refuses_is_parked_and_the_reason_names_the_field_not_the_words(
    account, plugged, organisation
) -> None:
    organisation.add_field("Cases", "Short", length=5, unique=True)
    worker, conversation_id = plugged(zoho_field_map="conversation_id=Short"), chat(account, "my secret words")
    pipeline.create_case(conversation_id, worker)
    about = worker.ledger.about(conversation_id)
    assert about["state"] == State.PARKED
    assert about["reason"] == "Zoho refuses Short: it is longer than 5 characters"
    assert "secret" not in str(about)
    assert organisation.cases == {}


@pytest.mark.parametrize(
    "wrong", [{"zoho_case_status": "Done"}, {"zoho_contact_id": "5725767000009999999"}], ids=["status", "contact"]
)
def test_a_wrong_setting_parks_nothing_and_what_waited_goes_on_when_it_is_mended(account, plugged, wrong) -> None:
    worker, conversation_id = plugged(**wrong), chat(account)
    assert str(pipeline.create_case(conversation_id, worker)).startswith("waiting: Zoho refuses")
    assert worker.blocks.current()
    mended = plugged()
    assert str(pipeline.create_case(conversation_id, mended)).startswith("case ")
    assert not mended.blocks.current()


def test_an_empty_conversation_lifts_no_block(account, plugged) -> None:
    worker, empty = plugged(), account.add_conversation(bot_id="support", at=account.now() - 10**6)
    worker.blocks.put("zoho", "Zoho refuses the token")
    pipeline.create_case(empty.id, worker)
    assert worker.blocks.current()


def test_a_poison_conversation_does_not_hold_up_another(account, organisation, server, plugged) -> None:
    worker = plugged()
    poison, fine = chat(account), chat(account)
    server.faults.add(Fault("garble", path="/crm/v8/Cases", nth=1))
    polling.poll(worker)
    for conversation_id in [poison, fine]:
        pipeline.create_case(conversation_id, worker)
    assert worker.ledger.about(fine)["state"] == State.CREATED
    assert worker.ledger.about(poison)["state"] == State.WAITING


@pytest.mark.parametrize("status", ["429", "500", "503"])
def test_a_passing_fault_parks_nothing_and_waits(account, server, plugged, status: str) -> None:
    worker, conversation_id = plugged(), chat(account)
    server.faults.add(Fault(status, simulator="zoho", path="/crm/v8/Cases"))
    outcome = pipeline.create_case(conversation_id, worker)
    assert outcome.retry_in_seconds
    about = worker.ledger.about(conversation_id)
    assert (about["state"], about["attempts"]) == (State.WAITING, "1")
    assert pipeline.ready(worker) == []


def test_a_long_pause_that_an_api_asks_for_is_left_to_the_agenda(account, server, plugged) -> None:
    worker, conversation_id = plugged(), chat(account)
    polling.poll(worker)
    server.faults.add(Fault("429", simulator="cody", path="/api/v1/messages", retry_after=120))
    assert pipeline.create_case(conversation_id, worker).retry_in_seconds is None


def test_waits_double_and_never_end_before_an_api_allows() -> None:
    for attempts, longest in [(1, 2), (2, 4), (5, 32), (10, 900), (1_000, 900)]:
        assert longest / 2 <= wait_seconds(attempts, None) <= longest
    assert 100 <= wait_seconds(1, 100) <= 110
    assert wait_seconds(20, 1) >= 450


def test_no_retry_waits_longer_than_the_broker_keeps_a_message(account, plugged, server) -> None:
    server.faults.add(Fault("429", simulator="cody", retry_after=20, path="*/messages"))
    patient, hasty = plugged(), plugged(visibility_timeout_seconds=30, task_budget_seconds=20)
    first, second = chat(account), chat(account)
    assert 20 <= (pipeline.create_case(first, patient).retry_in_seconds or 0) <= 30
    patient.store.delete("{cody2zoho}:pause:cody")
    assert pipeline.create_case(second, hasty).retry_in_seconds is None


def test_a_conversation_that_cody_does_not_know_is_said_in_the_log(plugged, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Gone):
        pipeline.create_case("no-such-one", plugged())
    assert "conversation_not_found" in caplog.text


def test_nothing_said_is_looked_at_again_while_it_is_young_then_let_go(account, organisation, plugged, clock) -> None:
    worker = plugged()
    conversation = account.add_conversation(bot_id="support", at=clock.now - 60)
    account.say(conversation.id, "Welcome!", machine=True, at=clock.now - 60)
    assert str(pipeline.create_case(conversation.id, worker)) == "waiting: nothing was said yet"
    clock.now += 25 * 3600
    assert str(pipeline.create_case(conversation.id, worker)) == "let go: nothing was said"
    assert organisation.cases == {}
    assert worker.ledger.about(conversation.id)["state"] == State.EMPTY


def test_words_that_come_while_it_is_young_make_a_case(account, organisation, plugged, clock) -> None:
    worker = plugged()
    conversation = account.add_conversation(bot_id="support", at=clock.now - 60)
    pipeline.create_case(conversation.id, worker)
    account.say(conversation.id, "Hello?", at=clock.now)
    pipeline.create_case(conversation.id, worker)
    assert only_case(organisation)["Cody_Conversation_ID"] == conversation.id


@pytest.mark.parametrize("knob", ["404", "422"])
def test_a_conversation_deleted_at_cody_is_let_go(account, plugged, knob: str) -> None:
    worker, conversation_id = plugged(), chat(account)
    account.knobs.unknown_filter = knob
    polling.poll(worker)
    account.delete_conversation(conversation_id)
    assert str(pipeline.create_case(conversation_id, worker)) == "let go: deleted at Cody"


def test_without_the_unique_field_no_case_is_made_and_all_work_waits(account, organisation, server, plugged) -> None:
    worker, conversation_id = plugged(zoho_field_map="conversation_id=Missing_Field"), chat(account)
    assert "cody2zoho setup" in str(pipeline.create_case(conversation_id, worker))
    assert organisation.cases == {}
    assert worker.ledger.about(conversation_id)["state"] == State.WAITING
    assert worker.blocks.current()


def test_while_blocked_one_conversation_at_a_time_is_tried(account, plugged) -> None:
    worker = plugged()
    for _ in range(5):
        chat(account)
    polling.poll(worker)
    worker.blocks.put("zoho", "Zoho refuses the token")
    assert len(pipeline.ready(worker)) == 1
    assert pipeline.ready(worker) == []


def test_a_success_lifts_the_block(account, plugged) -> None:
    worker = plugged()
    worker.blocks.put("zoho", "Zoho refused the token")
    pipeline.create_case(chat(account), worker)
    assert worker.blocks.current() == {}


def test_a_revoked_token_stops_the_work_without_a_storm(account, server, plugged, caplog) -> None:
    worker = plugged(zoho_refresh_token="1000.revoked")
    ids = [chat(account) for _ in range(5)]
    for conversation_id in ids * 2:
        pipeline.create_case(conversation_id, worker)
    assert server.journal["zoho"].kinds["POST /oauth/v2/token"] == 1
    assert "sign in again" in worker.blocks.current()["zoho"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == ["work_blocked"]
    assert {worker.ledger.about(one)["state"] for one in ids} == {State.WAITING}


def test_an_error_nobody_foresaw_leaves_the_conversation_to_be_tried_again(account, plugged) -> None:
    broken, conversation_id = plugged(zoho_contact_name="Nobody"), chat(account)
    broken.store.lpush(broken.contact._key(), "a list where a text should be")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        pipeline.create_case(conversation_id, broken)
    about = broken.ledger.about(conversation_id)
    assert (about["state"], about["reason"]) == (State.WAITING, "unexpected ResponseError")


def test_the_contact_is_created_once_for_all_cases(account, organisation, plugged) -> None:
    workers = [plugged(zoho_contact_name="Cody Chat"), plugged(zoho_contact_name="Cody Chat")]
    for worker in workers:
        pipeline.create_case(chat(account), worker)
    [contact] = organisation.contacts.values()
    assert (contact["First_Name"], contact["Last_Name"]) == ("Cody", "Chat")
    assert {case["Related_To"]["id"] for case in organisation.cases.values()} == {contact["id"]}


def test_a_contact_that_zoho_refuses_parks_no_conversation(account, organisation, plugged) -> None:
    organisation.knobs.denied_permissions = ["Crm_Implied_Create_Contacts"]
    worker, conversation_id = plugged(zoho_contact_name="x" * 100), chat(account)
    pipeline.create_case(conversation_id, worker)
    assert worker.ledger.about(conversation_id)["state"] == State.WAITING
    assert "zoho set-up" in worker.blocks.current()


@pytest.mark.parametrize("merged", [True, False], ids=["merged", "deleted"])
def test_a_contact_that_was_merged_or_deleted_is_looked_up_again_and_stops_nothing(
    account, organisation, plugged, *, merged: bool
) -> None:
    workers = [plugged(zoho_contact_name="Cody Chat") for _ in range(2)]
    for worker in workers:
        pipeline.create_case(chat(account), worker)
    [gone] = organisation.contacts
    organisation.contacts.pop(gone)
    if merged:
        organisation.add_contact("Chat", First_Name="Cody")
    for worker in (*workers, plugged(zoho_contact_name="Cody Chat")):
        assert str(pipeline.create_case(chat(account), worker)).startswith("case ")
    [living] = organisation.contacts
    assert [case["Related_To"]["id"] for case in organisation.cases.values()] == [gone] * 2 + [living] * 3


def test_a_contact_that_zoho_goes_on_refusing_is_asked_for_once_a_case_and_never_made_twice(
    account, organisation, server, plugged
) -> None:
    worker, contact_id = plugged(zoho_contact_name="Chat"), organisation.add_contact("Chat")
    worker.contact.id()
    organisation.contacts.pop(contact_id)
    server.faults.after(1, organisation.contacts.clear, method="POST", path="/crm/v8/Contacts")
    assert str(pipeline.create_case(chat(account), worker)).startswith("waiting: Zoho refuses Related_To")
    assert server.journal["zoho"].kinds["POST /crm/v8/Contacts"] == 1


def test_another_organisation_has_a_contact_of_its_own(account, organisation, plugged) -> None:
    token = organisation.accounts.issue_refresh_token()
    first, other = plugged(zoho_contact_name="Chat"), plugged(zoho_contact_name="Chat", zoho_refresh_token=token)
    contact_id = first.contact.id()
    organisation.contacts.pop(contact_id)
    assert other.contact.id() in organisation.contacts


def test_many_workers_look_the_contact_up_once(server, organisation, plugged) -> None:
    workers = [plugged(zoho_contact_name="Chat") for _ in range(5)]
    with ThreadPoolExecutor(5) as threads:
        assert len(set(threads.map(lambda worker: worker.contact.id(), workers))) == 1
    assert server.journal["zoho"].kinds["POST /crm/v8/coql"] == 1
    assert len(organisation.contacts) == 1


def test_a_contact_with_a_quote_in_its_name_is_found_and_not_made_again(account, organisation, plugged) -> None:
    organisation.add_contact("OxBrien", First_Name="Pat")
    contact_id = organisation.add_contact("O'Brien", First_Name="Pat")
    pipeline.create_case(chat(account), plugged(zoho_contact_name="Pat O'Brien"))
    assert only_case(organisation)["Related_To"]["id"] == contact_id
    assert len(organisation.contacts) == 2


def test_the_transcript_is_added_as_a_note_on_request(account, organisation, plugged) -> None:
    pipeline.create_case(chat(account), plugged(enable_notes=True))
    assert [note["Note_Title"].split(" [")[0] for note in organisation.notes] == ["Cody transcript 1/1"]


def test_a_worker_slower_than_its_lease_and_its_successor_make_one_case(account, organisation, server, plugged) -> None:
    """Two at the same conversation: only Zoho's unique field can still tell."""
    slow, quick, conversation_id = plugged(), plugged(), chat(account)
    server.faults.add(Fault("slow", path="/crm/v8/Cases", nth=1, seconds=0.5))
    with ThreadPoolExecutor() as threads:
        slower = threads.submit(pipeline.create_case, conversation_id, slow)
        eventually(lambda: server.journal["zoho"].in_flight and quick.ledger.about(conversation_id))
        quick.store.zadd("{cody2zoho}:working", {conversation_id: 0})
        outcomes = {str(pipeline.create_case(conversation_id, quick)), str(slower.result())}
    assert outcomes == {f"case {only_case(organisation)['id']}"}
    assert quick.ledger.counts()[State.CREATED] == 1


def test_a_slow_worker_that_was_taken_over_adds_no_second_note(account, organisation, server, plugged) -> None:
    slow, quick, conversation_id = plugged(enable_notes=True), plugged(enable_notes=True), chat(account)
    server.faults.add(Fault("slow", path="/crm/v8/Cases", nth=1, seconds=0.5))
    with ThreadPoolExecutor() as threads:
        slower = threads.submit(pipeline.create_case, conversation_id, slow)
        eventually(lambda: server.journal["zoho"].in_flight and quick.ledger.about(conversation_id))
        quick.store.zadd("{cody2zoho}:working", {conversation_id: 0})
        pipeline.create_case(conversation_id, quick)
        assert str(slower.result()) == "nothing to do: another worker took it over"
    assert len(organisation.notes) == 1


def test_a_lease_is_renewed_while_the_work_lasts(account, organisation, server, plugged) -> None:
    worker, conversation_id = plugged(lease_seconds=3), chat(account)
    server.faults.add(Fault("slow", path="/crm/v8/Cases", nth=1, seconds=2.5))
    with ThreadPoolExecutor() as threads:
        work = threads.submit(pipeline.create_case, conversation_id, worker)
        key = "{cody2zoho}:working"
        first = float(eventually(lambda: worker.store.zscore(key, conversation_id)))
        eventually(lambda: (worker.store.zscore(key, conversation_id) or 0) > first)
        work.result()
    assert worker.store.zcard(key) == 0


def test_what_its_workers_die_of_is_parked_and_not_tried_for_ever(account, plugged) -> None:
    worker, conversation_id = plugged(), chat(account)
    worker.ledger.add_new([worker.cody.conversation(conversation_id)])
    for _ in range(6):
        worker.ledger.claim(conversation_id)
        worker.store.zadd("{cody2zoho}:working", {conversation_id: 0})
    words = str(pipeline.create_case(conversation_id, worker))
    assert words == "parked: Its worker died or hung 6 times while it worked on it"
    assert worker.ledger.about(conversation_id)["state"] == "parked"


def test_what_died_with_its_worker_twice_is_tried_at_another_time_than_the_rest(account, plugged) -> None:
    worker, conversation_id = plugged(), chat(account)
    worker.ledger.add_new([worker.cody.conversation(conversation_id)])
    for _ in range(2):
        worker.ledger.claim(conversation_id)
        worker.store.zadd("{cody2zoho}:working", {conversation_id: 0})
    assert str(pipeline.create_case(conversation_id, worker)) == "waiting: its worker died"
    assert str(pipeline.create_case(conversation_id, worker)).startswith("case ")


def test_passing_faults_that_do_not_pass_park_it_in_the_end(account, server, plugged) -> None:
    worker, conversation_id = plugged(max_attempts_hours=1), chat(account)
    server.faults.add(Fault("503", simulator="zoho"))
    assert str(pipeline.create_case(conversation_id, worker)).startswith("postponed")
    two_hours_ago = int(worker.ledger.about(conversation_id)["first_try"]) - 7_200_000
    worker.store.hset(f"{{cody2zoho}}:conversation:{conversation_id}", "first_try", two_hours_ago)
    words = str(pipeline.create_case(conversation_id, worker))
    assert words.startswith("parked: Tried for 1 hours: Zoho")


def tried_days_ago(worker, conversation_id: str) -> None:
    four_days_ago = int(1000 * (time.time() - 4 * 86_400))
    worker.store.hset(f"{{cody2zoho}}:conversation:{conversation_id}", "first_try", four_days_ago)


def test_the_days_that_a_block_lasts_are_no_days_of_passing_faults(account, server, plugged) -> None:
    worker, conversation_id = plugged(), chat(account)
    pipeline.create_case(conversation_id, plugged(zoho_refresh_token="1000.revoked"))
    tried_days_ago(worker, conversation_id)
    server.faults.add(Fault("503", path="/crm/v8/Cases"))
    assert str(pipeline.create_case(conversation_id, worker)).startswith("postponed")


def test_the_days_in_which_nothing_was_said_are_no_days_of_passing_faults(account, server, plugged) -> None:
    worker = plugged(empty_conversation_hours=240)
    conversation = account.add_conversation(bot_id="support", at=account.now() - 4 * 86_400)
    pipeline.create_case(conversation.id, worker)
    tried_days_ago(worker, conversation.id)
    account.say(conversation.id, "Sorry, I am back.", at=account.now())
    server.faults.add(Fault("503", path="/crm/v8/Cases"))
    assert str(pipeline.create_case(conversation.id, worker)).startswith("postponed")


def test_without_a_unique_field_a_case_whose_answer_was_lost_is_looked_for(
    account, unguarded, server, plugged, caplog: pytest.LogCaptureFixture
) -> None:
    worker, conversation_id = plugged(), chat(account)
    server.faults.add(Fault("cut", path="/crm/v8/Cases", when="after", times=1))
    outcome = pipeline.create_case(conversation_id, worker)
    assert outcome.retry_in_seconds is None, "what may still be on its way has no time to arrive"
    assert str(pipeline.create_case(conversation_id, worker)) == f"case {only_case(unguarded)['id']}"
    assert "unique_field_missing" in caplog.text


def test_without_a_unique_field_ids_that_differ_only_in_case_find_each_its_own_case(
    account, unguarded, plugged
) -> None:
    worker, both = plugged(), [chat(account, conversation_id=one) for one in ("Qz3dWnA91Lke", "qZ3DwNa91lKE")]
    for _ in range(2):
        for conversation_id in both:
            pipeline.create_case(conversation_id, worker)
        worker.store.flushall()
        worker.ledger.open()
    assert sorted(case["Cody_Conversation_ID"] for case in unguarded.cases.values()) == sorted(both)


def test_the_look_up_can_be_switched_off_and_the_ledger_cannot(account, unguarded, plugged) -> None:
    worker, conversation_id = plugged(zoho_enable_duplicate_check=False), chat(account)
    pipeline.create_case(conversation_id, worker)
    pipeline.create_case(conversation_id, worker)
    assert len(unguarded.cases) == 1
    worker.store.flushall()
    worker.ledger.open()
    pipeline.create_case(conversation_id, worker)
    assert len(unguarded.cases) == 2


def test_after_redis_was_wiped_a_young_case_is_taken_over_unseen_where_nothing_would_notice_a_second_one(
    account, unguarded, plugged
) -> None:
    worker, conversation_id = plugged(zoho_enable_duplicate_check=False), chat(account)
    pipeline.create_case(conversation_id, worker)
    worker.store.flushall()
    polling.poll(worker)
    assert pipeline.ready(worker) == []
    assert worker.ledger.about(conversation_id)["state"] == State.CREATED
    assert len(unguarded.cases) == 1


def test_an_empty_conversation_is_looked_at_again_when_a_person_asks(account, organisation, plugged, clock) -> None:
    worker = plugged()
    conversation = account.add_conversation(bot_id="support", at=clock.now - 100 * 3600)
    assert str(pipeline.create_case(conversation.id, worker)) == "let go: nothing was said"
    account.say(conversation.id, "Sorry, I am back.", at=clock.now)
    assert str(pipeline.create_case(conversation.id, worker)) == f"case {only_case(organisation)['id']}"


@pytest.mark.parametrize("length", [40, 40_000])
def test_what_was_said_after_an_insert_whose_answer_was_lost_is_on_the_case_too(
    account, organisation, server, plugged, length: int
) -> None:
    worker, conversation_id = plugged(), chat(account, "Where is my order? " * (length // 19))
    server.faults.add(Fault("cut", path="/crm/v8/Cases", when="after", times=1))
    pipeline.create_case(conversation_id, worker)
    account.say(conversation_id, "And one thing more. " * (length // 20), at=account.now())
    server.faults.add(Fault("cut", path="*/Notes", when="after", times=1))
    for _ in range(3):
        pipeline.create_case(conversation_id, worker)
    assert audit(account, organisation).perfect
    titles = [note["Note_Title"] for note in organisation.notes]
    assert len(titles) == len(set(titles)) > 0
    assert worker.ledger.about(conversation_id)["messages"] == "3"


def test_a_description_that_somebody_edited_stays_and_the_transcript_is_added(account, organisation, plugged) -> None:
    conversation_id = chat(account)
    pipeline.create_case(conversation_id, plugged())
    organisation.edit_case(only_case(organisation)["id"], Description="Mine")
    worker = plugged()
    worker.store.flushall()
    worker.ledger.open()
    pipeline.create_case(conversation_id, worker)
    assert only_case(organisation)["Description"] == "Mine"
    assert "Where is my order?" in organisation.notes[0]["Note_Content"]


def test_a_wrong_address_of_cody_lets_no_conversation_go(account, organisation, plugged, server) -> None:
    conversation_id = chat(account)
    good, wrong = plugged(), plugged(cody_api_url=f"{server.url}/api/v9")
    polling.poll(good)
    assert str(pipeline.create_case(conversation_id, wrong)) == (
        "waiting: Cody does not answer at this address: correct CODY_API_URL"
    )
    assert str(pipeline.create_case(conversation_id, good)) == f"case {only_case(organisation)['id']}"


def test_a_404_of_a_proxy_lets_no_conversation_go(account, plugged, server) -> None:
    """Something between us and Cody speaks of itself; Cody is asked whether the conversation is gone."""
    worker, conversation_id = plugged(), chat(account)
    account.knobs.unknown_filter = "404"
    polling.poll(worker)
    account.delete_conversation(conversation_id)
    server.faults.add(Fault("502", path=f"*/conversations/{conversation_id}", times=1))
    assert str(pipeline.create_case(conversation_id, worker)).startswith("postponed: Cody is out of order")
    assert str(pipeline.create_case(conversation_id, worker)) == "let go: deleted at Cody"


def test_nothing_is_handed_out_while_an_api_wants_a_pause(account, plugged) -> None:
    worker = plugged()
    chat(account)
    polling.poll(worker)
    worker.limits.pauses.begin("zoho", 60)
    assert pipeline.ready(worker) == []
    worker.store.delete("{cody2zoho}:pause:zoho")
    assert len(pipeline.ready(worker)) == 1


def test_waiting_for_our_own_limit_is_no_attempt_and_no_news(
    account, plugged, caplog: pytest.LogCaptureFixture
) -> None:
    worker, conversation_id = plugged(), chat(account)
    polling.poll(worker)
    worker.limits.pauses.begin("cody", 60)
    assert str(pipeline.create_case(conversation_id, worker)).startswith("waiting: Cody may not be asked yet")
    assert worker.ledger.about(conversation_id)["attempts"] == "0"
    assert "case_postponed" not in caplog.text


def test_waiting_to_ask_whether_a_conversation_is_gone_is_no_attempt_either(account, plugged) -> None:
    worker, conversation_id = plugged(cody_requests_per_minute=2), chat(account)
    worker.ledger.add_new([Conversation(conversation_id, "support", int(account.now()))])
    account.knobs.unknown_filter = "404"
    account.delete_conversation(conversation_id)
    assert str(pipeline.create_case(conversation_id, worker)).startswith("waiting: Cody may not be asked yet")
    assert worker.ledger.about(conversation_id)["attempts"] == "0"


@pytest.mark.parametrize(
    "table",
    [
        '[case]\nsubject = "About {{ conversation_name }}"',
        '[bots.support]\nsubject = "About {{ conversation_name }}"',
        '[bots.support.fields]\nReported_By = "{{ conversation_name }}"',
        '[[rules]]\nwhen = "failed"\nfields = { Reported_By = "{{ conversation_name }}" }',
    ],
)
def test_a_template_that_shows_the_conversations_name_has_it(
    account, organisation, plugged, tmp_path: Path, table: str
) -> None:
    (tmp_path / "cody2zoho.toml").write_text(table)
    worker, conversation_id = plugged(), chat(account)
    account.rename(conversation_id, "Refunds")
    account.say(conversation_id, "Sorry", machine=True, at=account.now() - 300, failed_responding=True)
    polling.poll(worker)
    assert worker.ledger.about(conversation_id)["name"] == "Refunds"
    pipeline.create_case(conversation_id, worker)
    assert "Refunds" in str(only_case(organisation))
    assert "name" not in worker.ledger.about(conversation_id)


@pytest.mark.parametrize(("ago", "at_least", "at_most"), [(30 * 86_400, 0, 30), (400, 60, 130)])
def test_a_case_is_late_by_how_long_it_was_due_and_known_and_not_by_the_weeks_before_a_first_start(
    account, plugged, clock, store, ago: int, at_least: int, at_most: int
) -> None:
    clock.now = time.time()
    worker = plugged(conversation_quiet_seconds=300)
    conversation = account.add_conversation(bot_id="support", at=clock.now - ago)
    account.say(conversation.id, "Where is my order?", at=clock.now - ago)
    polling.poll(worker)
    if at_least:
        store.hset(
            f"{worker.settings.redis_key_prefix}conversation:{conversation.id}", "seen", int(1000 * (clock.now - ago))
        )
    delay = pipeline.create_case(conversation.id, worker).delay_seconds
    assert delay is not None
    assert at_least <= delay <= at_most
