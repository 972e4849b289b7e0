"""The visitor's own contact: found by what the visitor typed, made once, and never guessed."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from chats import work
from cody2zoho.checks import Level, set_up_findings
from cody2zoho.contacts.matching import usable
from cody2zoho.errors import Refused
from cody2zoho.ledger.records import State
from cody2zoho.models import Message
from cody2zoho.simulators.faults import Fault
from cody2zoho.sync import pipeline, polling
from cody2zoho.zoho.crm import SCOPES
from waiting import eventually

ANNA = "anna@example.com"


def chat(account, *said: str, answer: str = "Noted.", name: str | None = None) -> str:
    conversation = account.add_conversation(bot_id="support", name=name, at=account.now() - 500)
    for words in said:
        account.say(conversation.id, words, at=account.now() - 400)
    account.say(conversation.id, answer, machine=True, at=account.now() - 399)
    return conversation.id


def case_for(account, organisation, worker, *said: str, **more) -> dict:
    """The case of a chat in which this was said."""
    conversation_id = chat(account, *said, **more)
    pipeline.create_case(conversation_id, worker)
    [case] = [one for one in organisation.cases.values() if one["Cody_Conversation_ID"] == conversation_id]
    return case


def contact_of(case: dict) -> str | None:
    return (case.get("Related_To") or {}).get("id")


@pytest.fixture
def anna(organisation) -> str:
    organisation.add_contact("Other", Email="hanna@example.com", Phone="+49 30 7654321")
    return organisation.add_contact("Meier", Email="Anna@Example.com", Mobile="030 / 123 45-67")


@pytest.fixture
def worker(plugged):
    return plugged(contact_match="email,phone", contact_region="DE", contact_ignore="shop.example.com")


# -- finding


@pytest.mark.parametrize("typed", ["I am ANNA@example.com.", "call +49 30 1234567", "my number is 0301234567"])
def test_a_case_belongs_to_the_contact_whose_address_the_visitor_typed(
    account, organisation, worker, anna, typed: str
) -> None:
    case = case_for(account, organisation, worker, "Where is my order?", typed)
    assert contact_of(case) == anna
    assert "could not be told" not in case["Description"]


@pytest.mark.parametrize(
    "written", ["+49301234567", "030/1234567", "(030) 123 4567", "030 123 45 67", "030-12345-67", "030 12.34 567"]
)
def test_a_phone_number_is_found_however_somebody_wrote_it_in_zoho(account, organisation, worker, written) -> None:
    organisation.add_contact("Near", Phone="+49 40 1234567", Mobile="030 12345670")
    contact = organisation.add_contact("It", Other_Phone=written)
    assert contact_of(case_for(account, organisation, worker, "I am +49 30 1234567")) == contact


def test_an_extension_tells_two_from_each_other(account, organisation, worker) -> None:
    contacts = {
        typed: organisation.add_contact("A", Phone=typed) for typed in ("030 1234567 ext. 1", "030 1234567 ext. 2")
    }
    for typed, contact in contacts.items():
        assert contact_of(case_for(account, organisation, worker, f"my number is {typed}")) == contact
    assert contact_of(case_for(account, organisation, worker, "my number is 030 1234567")) is None


def test_an_address_in_any_of_the_contacts_fields_counts(account, organisation, worker) -> None:
    organisation.add_field("Contacts", "Private Mail", "email", length=100)
    contact = organisation.add_contact("A", Secondary_Email="a@example.com", Private_Mail="b@example.com")
    for typed in ("a@example.com", "b@example.com"):
        assert contact_of(case_for(account, organisation, worker, typed)) == contact


def test_workers_that_learn_the_fields_at_the_same_time_learn_each_once(server, worker) -> None:
    server.faults.add(Fault("slow", path="/crm/v8/settings/fields", seconds=0.5))
    with ThreadPoolExecutor(5) as threads:
        learnt = list(threads.map(worker.matching.fields_of, ["email"] * 5))
    assert learnt == [["Email", "Secondary_Email"]] * 5


def test_the_assistants_number_is_not_the_contacts(account, organisation, worker) -> None:
    organisation.add_contact("Boss", Asst_Phone="+49 30 1234567")
    assert contact_of(case_for(account, organisation, worker, "+49 30 1234567")) is None


@pytest.mark.parametrize("address", ["o'brien@example.com", "a%b@example.com", "anna@bücher.de"])
def test_an_address_with_odd_signs_is_found_and_no_other(account, organisation, worker, address: str) -> None:
    organisation.modules["Contacts"].fields["Email"].data_type = "email"
    organisation.add_contact("Near", Email=address.replace("'", "x").replace("%", "xx").replace("ü", "u"))
    contact = organisation.add_contact("It", Email=address)
    assert contact_of(case_for(account, organisation, worker, f"I am {address}")) == contact


@pytest.mark.parametrize("domain", ["xn--99999999.com", "xn--ls8h.la"])
def test_a_domain_that_is_none_stops_no_case(account, organisation, worker, domain: str) -> None:
    assert contact_of(case_for(account, organisation, worker, f"I am anna@{domain}")) is None


def test_the_name_of_a_conversation_counts_until_its_case_is_made(account, organisation, worker, store, anna) -> None:
    conversation_id = chat(account, "Hello", name="+49 30 1234567")
    nameless = chat(account, "Hello", name="About my order")
    polling.poll(worker)
    assert worker.ledger.about(conversation_id)["name"] == "+49 30 1234567"
    assert "name" not in worker.ledger.about(nameless)
    for one in (conversation_id, nameless):
        pipeline.create_case(one, worker)
    assert sorted(map(str, map(contact_of, organisation.cases.values()))) == sorted([anna, "None"])
    assert "name" not in worker.ledger.about(conversation_id)


def test_a_name_that_was_cut_in_the_midst_of_an_emoji_stops_no_poll(account, organisation, worker, anna) -> None:
    chat(account, "Hello", name=f"{ANNA} \ud83d")
    assert polling.poll(worker).new == 1
    work(worker)
    assert [contact_of(case) for case in organisation.cases.values()] == [anna]


def test_no_name_is_kept_where_nobody_is_matched(account, organisation, plugged) -> None:
    conversation_id = chat(account, "Hello", name=ANNA)
    worker = plugged()
    polling.poll(worker)
    assert "name" not in worker.ledger.about(conversation_id)


def test_a_conversation_begun_anew_still_has_its_name(account, organisation, worker, anna) -> None:
    conversation_id = chat(account, name=ANNA)
    polling.poll(worker)
    claim = worker.ledger.claim(conversation_id)
    worker.ledger.let_go(claim, State.EMPTY)
    account.say(conversation_id, "Hello")
    pipeline.create_case(conversation_id, worker)
    assert [contact_of(case) for case in organisation.cases.values()] == [anna]


@pytest.mark.parametrize(
    ("said", "answer"),
    [("Hello", f"Write to {ANNA}"), ("I wrote to help@shop.example.com", "Noted."), ("Hello", "Noted.")],
    ids=["by the bot", "the company's own", "nothing"],
)
def test_what_is_not_the_visitors_decides_nothing(account, organisation, plugged, anna, said: str, answer: str) -> None:
    fixed = organisation.add_contact("Chat", Email="help@shop.example.com")
    worker = plugged(contact_match="email", contact_ignore="shop.example.com", zoho_contact_name="Chat")
    assert contact_of(case_for(account, organisation, worker, said, answer=answer)) == fixed


def test_where_nobody_is_matched_contacts_are_not_asked_for(account, organisation, server, plugged, anna) -> None:
    assert contact_of(case_for(account, organisation, plugged(), f"I am {ANNA}")) is None
    assert not any("coql" in kind for kind in server.journal["zoho"].kinds)


def test_what_is_redacted_is_not_asked_for() -> None:
    assert usable(("email", "phone"), ("email", "iban")) == ("phone",)
    assert usable(("email",), ("email",)) == ()


@pytest.mark.parametrize("chosen", [{"redact": "email"}, {"redact_patterns": r"mail=\S+@\S+"}])
@pytest.mark.parametrize("name", [None, ANNA])
def test_nobody_is_looked_for_or_made_by_what_is_redacted(
    account, organisation, server, plugged, anna, chosen, name
) -> None:
    worker = plugged(contact_match="email", contact_create=True, **chosen)
    case = case_for(account, organisation, worker, "Hello" if name else f"I am {ANNA}", name=name)
    assert contact_of(case) is None
    assert server.journal["zoho"].kinds["POST /crm/v8/coql"] == 0


# -- several


def test_of_several_contacts_with_the_address_none_is_guessed_and_the_case_says_why(
    account, organisation, plugged
) -> None:
    for name in ("Meier", "Meyer"):
        organisation.add_contact(name, Email=ANNA)
    fixed = organisation.add_contact("Chat")
    case = case_for(account, organisation, plugged(contact_match="email", zoho_contact_id=fixed), ANNA)
    assert contact_of(case) == fixed
    first, _, rest = case["Description"].partition("\n")
    words = "several contacts in Zoho have the e-mail address that was given"
    assert first == f"The visitor's contact could not be told: {words}."
    assert rest.startswith("\nCody conversation ")


@pytest.mark.parametrize("other", ["hanna@example.com", "nobody@example.com"])
def test_of_several_people_named_none_is_guessed(account, organisation, worker, anna, other: str) -> None:
    case = case_for(account, organisation, worker, f"{ANNA} asked me, {other}, to write")
    assert contact_of(case) is None
    assert "several e-mail addresses were given, which do not lead to one and the same contact" in case["Description"]


def test_a_bare_number_that_nobody_has_may_be_an_orders_and_stands_in_nobodys_way(
    account, organisation, plugged
) -> None:
    worker = plugged(contact_match="phone", contact_region="US")
    contact = organisation.add_contact("Meier", Phone="(415) 555-2671")
    other = organisation.add_contact("Other", Phone="(415) 555-2680")
    case = case_for(account, organisation, worker, "Order 4155552699. My phone is 415-555-2671.")
    assert contact_of(case) == contact
    for second in ("+1 415 555 2699", "415-555-2680"):
        case = case_for(account, organisation, worker, f"My phone is 415-555-2671 or {second}.")
        assert contact_of(case) not in (contact, other)
        assert "several phone numbers were given" in case["Description"]


def test_several_addresses_of_one_contact_lead_to_it(account, organisation, worker, anna) -> None:
    organisation.change(
        organisation.modules["Contacts"], anna, {"Secondary_Email": "anna@example.org"}, organisation.user
    )
    assert contact_of(case_for(account, organisation, worker, f"{ANNA} or anna@example.org")) == anna


def test_a_crowd_of_addresses_is_not_looked_up_at_all(account, organisation, server, worker, anna) -> None:
    case = case_for(account, organisation, worker, " ".join(f"{number}@example.com" for number in range(9)))
    assert "9 e-mail addresses were given" in case["Description"]
    assert server.journal["zoho"].kinds["POST /crm/v8/coql"] == 0


def test_the_weightier_kind_decides_and_the_other_is_not_asked_for(account, organisation, plugged, server) -> None:
    by_mail = organisation.add_contact("A", Email=ANNA)
    by_phone = organisation.add_contact("B", Phone="+49301234567")
    for kinds, contact in (("email,phone", by_mail), ("phone,email", by_phone)):
        server.journal.clear()
        worker = plugged(contact_match=kinds)
        assert contact_of(case_for(account, organisation, worker, f"{ANNA} +49 30 1234567")) == contact
        assert server.journal["zoho"].kinds["POST /crm/v8/coql"] == 1


def test_more_contacts_that_may_have_it_than_one_answer_holds_are_several(account, organisation, worker) -> None:
    for number in range(201):
        organisation.add_contact("A", Phone=f"+49 30 {number}1234567")
    case = case_for(account, organisation, worker, "+49 30 1234567")
    assert "several contacts in Zoho have the phone number" in case["Description"]


# -- making


def test_a_contact_is_made_for_an_address_that_nobody_has(account, organisation, plugged) -> None:
    worker = plugged(contact_match="email,phone", contact_create=True)
    for typed, field in ((ANNA, "Email"), ("+49 30 1234567", "Phone")):
        case = case_for(account, organisation, worker, typed)
        contact = organisation.contacts[str(contact_of(case))]
        assert contact["Last_Name"] == contact[field] == typed.replace(" ", "")
    assert len(organisation.contacts) == 2


def test_the_scopes_asked_for_are_enough(account, organisation, plugged) -> None:
    token = organisation.accounts.issue_refresh_token(SCOPES)
    worker = plugged(contact_match="email,phone", contact_create=True, zoho_refresh_token=token)
    for typed in (ANNA, "+49 30 1234567"):
        assert contact_of(case_for(account, organisation, worker, typed)) in organisation.contacts


def test_no_contact_is_made_unless_it_is_wanted(account, organisation, worker) -> None:
    assert contact_of(case_for(account, organisation, worker, ANNA)) is None
    assert not organisation.contacts


def test_no_contact_is_made_of_a_number_that_may_be_an_orders(account, organisation, plugged) -> None:
    worker = plugged(contact_match="phone", contact_region="US", contact_create=True)
    assert contact_of(case_for(account, organisation, worker, "order 4155552671")) is None
    assert not organisation.contacts


def test_no_contact_is_made_of_one_of_several_strangers(account, organisation, plugged) -> None:
    worker = plugged(contact_match="email", contact_create=True)
    case = case_for(account, organisation, worker, "a@example.com b@example.com")
    assert "nobody in Zoho has one of them" in case["Description"]
    assert not organisation.contacts


def test_an_address_that_zoho_does_not_take_stops_nothing(account, organisation, plugged) -> None:
    organisation.modules["Contacts"].fields["Email"].length = 12
    worker = plugged(contact_match="email", contact_create=True)
    assert contact_of(case_for(account, organisation, worker, ANNA)) is None
    assert not worker.blocks.current()


def test_a_demand_of_zohos_that_we_cannot_meet_is_a_matter_for_a_person(account, organisation, plugged) -> None:
    organisation.modules["Contacts"].fields["Department"].mandatory = True
    worker = plugged(contact_match="email", contact_create=True)
    conversation_id = chat(account, ANNA)
    pipeline.create_case(conversation_id, worker)
    assert worker.ledger.about(conversation_id)["state"] == State.WAITING
    assert "Department: it is mandatory" in worker.blocks.current()["zoho set-up"]
    [failed] = [one for one in set_up_findings(worker) if one.level is Level.FAILED]
    assert failed.words == "contacts cannot be made: Department is mandatory"


@pytest.mark.parametrize("typed", [ANNA, "+49 30 1234567"])
def test_many_workers_make_one_contact(account, organisation, plugged, typed: str) -> None:
    workers = [plugged(contact_match="email,phone", contact_create=True) for _ in range(5)]
    ids = [chat(account, typed) for _ in workers]
    with ThreadPoolExecutor(5) as threads:
        list(threads.map(pipeline.create_case, ids, workers))
    for one in ids:
        pipeline.create_case(one, workers[0])
    assert len(organisation.contacts) == 1
    assert [contact_of(case) for case in organisation.cases.values()] == list(organisation.contacts) * 5


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("typed", [ANNA, "+49 30 1234567"])
def test_a_lost_answer_makes_no_second_contact(account, organisation, server, plugged, typed: str, when: str) -> None:
    worker = plugged(contact_match="email,phone", contact_create=True)
    server.faults.add(Fault("cut", path="/crm/v8/Contacts*", method="POST", when=when, times=1))
    conversation_id = chat(account, typed)
    assert "postponed" in str(pipeline.create_case(conversation_id, worker))
    outcome = str(pipeline.create_case(conversation_id, worker))
    if when == "before":
        # Perhaps it is still on its way.
        assert outcome == "postponed: The contact of this conversation is on its way into Zoho"
        for key in worker.store.scan_iter("*contact:making:*"):
            worker.store.delete(key)
        outcome = str(pipeline.create_case(conversation_id, worker))
    assert outcome.startswith("case ")
    assert len(organisation.contacts) == 1


def test_a_worker_that_was_held_up_between_look_and_insert_makes_no_second_contact(
    account, organisation, server, plugged
) -> None:
    slow, other = (plugged(contact_match="phone", contact_create=True) for _ in range(2))
    first, second = chat(account, "+49 30 1234567"), chat(account, "+49 30 1234567")
    # Before it makes one it looks a second time: what it kept may be ten minutes old.
    server.faults.add(Fault("slow", path="/crm/v8/coql", nth=2, seconds=1, when="after"))
    with ThreadPoolExecutor(1) as threads:
        held_up = threads.submit(pipeline.create_case, first, slow)
        eventually(lambda: server.faults.rules[0].struck)
        pipeline.create_case(second, other)
        assert str(held_up.result()).startswith("postponed: The contact of this conversation is on its way")
    pipeline.create_case(first, slow)
    assert len(organisation.contacts) == 1
    assert len(organisation.cases) == 2


def test_zoho_itself_makes_no_second_contact_of_an_email_address_should_redis_be_lost(organisation, plugged) -> None:
    worker = plugged(contact_match="email", contact_create=True)
    said = [Message("1", ANNA, False, 1)]
    contact = organisation.add_contact("Meier", Email=ANNA)
    [address] = worker.matching.search.addresses([ANNA])
    with pytest.raises(Refused, match="ALREADY_MODIFIED"):
        worker.contacts.create_with(address)
    assert organisation.contacts[contact]["Last_Name"] == "Meier"
    assert worker.matching.choose(None, said).contact_id == contact


def test_a_contact_that_an_agent_makes_at_the_same_moment_is_taken(account, organisation, server, plugged) -> None:
    worker, conversation_id = plugged(contact_match="email", contact_create=True), chat(account, ANNA)
    server.faults.after(2, lambda: organisation.add_contact("Meier", Email=ANNA), method="POST", path="/crm/v8/coql")
    pipeline.create_case(conversation_id, worker)
    [case], [contact] = organisation.cases.values(), organisation.contacts.values()
    assert (contact["id"], contact["Last_Name"]) == (contact_of(case), "Meier")


def test_a_contact_that_zoho_knows_and_does_not_show_keeps_no_case_waiting(account, organisation, plugged) -> None:
    # To Zoho the Kelvin sign is a k; we find nobody with such an address.
    organisation.add_contact("Hidden", Email="\u212aurt@example.com")
    worker = plugged(contact_match="email", contact_create=True)
    assert contact_of(case_for(account, organisation, worker, "I am kurt@example.com")) is None
    assert len(organisation.contacts) == 1


def test_a_refusal_for_a_limit_leaves_no_trace_of_an_attempt(account, server, plugged, store: redis.Redis) -> None:
    worker = plugged(contact_match="email", contact_create=True)
    server.faults.add(Fault("429", path="/crm/v8/Contacts*", method="POST"))
    pipeline.create_case(chat(account, ANNA), worker)
    assert not list(store.scan_iter("*contact:making:*"))


def test_a_preview_makes_nothing(organisation, plugged) -> None:
    worker = plugged(contact_match="email", contact_create=True)
    choice = worker.matching.choose(None, [Message("1", ANNA, False, 1)], may_create=False)
    assert (choice.contact_id, choice.how) == (None, "created")
    assert not organisation.contacts


# -- afterwards


def test_a_known_visitors_next_case_costs_one_request_of_each_api(account, organisation, server, worker, anna) -> None:
    case_for(account, organisation, worker, ANNA)
    known = chat(account, ANNA)
    polling.poll(worker)
    server.journal.clear()
    pipeline.create_case(known, worker)
    assert server.journal["cody"].requests == server.journal["zoho"].requests == 1


def test_what_is_known_is_kept_under_no_address_and_for_its_organisation(
    account, organisation, worker, store: redis.Redis, plugged, anna
) -> None:
    case_for(account, organisation, worker, f"{ANNA}, 030 1234567")
    case_for(account, organisation, worker, "nobody@example.com")
    keys = [key for key in store.scan_iter("*contact:*") if store.get(key) is not None]
    assert sorted((store.get(key), store.ttl(key) > 600) for key in keys) == [("", False), (anna, True)]
    everything = " ".join([*keys, *map(str, map(store.get, keys))])
    assert not any(part in everything for part in ("anna", "1234567", "nobody"))
    other = plugged(contact_match="email", zoho_refresh_token=organisation.accounts.issue_refresh_token())
    assert not set(keys) & {other.matching._key(one) for one in other.matching.search.addresses([ANNA])}


@pytest.mark.parametrize("named", ["field", "id"])
@pytest.mark.parametrize("merged", [True, False], ids=["merged", "deleted"])
def test_a_contact_that_was_merged_or_deleted_is_chosen_anew(
    account, organisation, worker, anna, *, merged: bool, named: str
) -> None:
    organisation.knobs.lookup_refusal = named
    case_for(account, organisation, worker, ANNA)
    kept = organisation.add_contact("Kept")
    if merged:
        organisation.merge_contacts(kept, anna)
    else:
        organisation.delete_contact(anna)
    conversation_id = chat(account, ANNA)
    outcome = pipeline.create_case(conversation_id, worker)
    assert str(outcome).startswith("postponed: The contact was deleted in Zoho, or merged")
    assert outcome.retry_in_seconds is not None
    pipeline.create_case(conversation_id, worker)
    [case] = [one for one in organisation.cases.values() if one["Cody_Conversation_ID"] == conversation_id]
    assert contact_of(case) == (kept if merged else None)


def test_a_contact_that_zoho_refuses_though_it_is_there_parks_this_conversation_alone(
    account, organisation, worker, anna
) -> None:
    organisation.modules["Cases"].fields["Related_To"].lookup = "Accounts"
    conversation_id = chat(account, ANNA)
    pipeline.create_case(conversation_id, worker)
    assert worker.ledger.about(conversation_id)["state"] == State.PARKED
    assert not worker.blocks.current()


def test_an_agents_later_correction_of_the_contact_is_kept(account, organisation, worker, anna) -> None:
    conversation_id = chat(account, ANNA)
    pipeline.create_case(conversation_id, worker)
    [case_id] = organisation.cases
    corrected = organisation.add_contact("Right")
    organisation.edit_case(case_id, Related_To={"id": corrected})
    worker.ledger.again(worker.cody.conversation(conversation_id))
    assert str(pipeline.create_case(conversation_id, worker)) == f"case {case_id}"
    assert contact_of(organisation.cases[case_id]) == corrected


# -- seeing


@pytest.mark.parametrize(
    ("typed", "how"),
    [(ANNA, "matched"), ("new@example.com", "created"), (f"{ANNA} b@example.com", "several"), ("Hello", "none")],
)
def test_the_log_says_how_a_contact_was_chosen_and_no_address(
    account, organisation, plugged, anna, caplog: pytest.LogCaptureFixture, typed: str, how: str
) -> None:
    caplog.set_level(logging.DEBUG)
    case_for(account, organisation, plugged(contact_match="email", contact_create=True), typed)
    [created] = [record for record in caplog.records if record.getMessage() == "case_created"]
    assert created.contact == how
    assert not any("example.com" in str(vars(record)) for record in caplog.records)


def test_without_matching_the_log_says_nothing_of_it(account, organisation, plugged, caplog) -> None:
    caplog.set_level(logging.INFO)
    case_for(account, organisation, plugged(), ANNA)
    assert not any(hasattr(record, "contact") for record in caplog.records)


def findings(worker) -> list[tuple[Level, str]]:
    return [(one.level, one.words) for one in set_up_findings(worker) if one.about == "Zoho contact matching"]


def test_threads_that_ask_for_the_fields_at_once_look_up_contacts_all_the_same(
    account, organisation, server, worker, anna
) -> None:
    server.faults.add(Fault("slow", path="*/settings/fields", seconds=0.2))
    chats = [chat(account, f"I am {name}@example.com") for name in ("anna", "berta", "carla", "dora")]
    with ThreadPoolExecutor(4) as threads:
        assert all("case " in str(one) for one in threads.map(lambda one: pipeline.create_case(one, worker), chats))
    assert "case " in str(pipeline.create_case(chat(account, "I am emma@example.com"), worker))
    assert worker.blocks.current() == {}


def test_the_doctor_names_the_fields_that_are_looked_at(organisation, plugged) -> None:
    fields = "by email (Email, Secondary_Email); by phone (Phone, Home_Phone, Other_Phone, Mobile)"
    assert findings(plugged(contact_match="email,phone", contact_region="DE")) == [
        (Level.OK, f"{fields}; makes no contacts")
    ]
    assert (Level.OK, "by email (Email, Secondary_Email); makes contacts") in findings(
        plugged(contact_match="email", contact_create=True)
    )
    assert findings(plugged()) == []


def test_the_doctor_warns_of_addresses_that_are_redacted(plugged) -> None:
    redacted = (Level.WARNING, "nobody is looked for by email, which REDACT replaces")
    assert findings(plugged(contact_match="email", redact="email")) == [redacted]
    shown, *others = findings(plugged(contact_match="email,phone", contact_region="DE", redact="email,card"))
    assert shown == redacted
    assert [level for level, _ in others] == [Level.OK]


def test_the_doctor_warns_of_phone_numbers_without_a_country(plugged) -> None:
    [_, (level, words)] = findings(plugged(contact_match="phone"))
    assert (level, words.split(",")[0]) == (Level.WARNING, "phone numbers written without their country are ignored")


def test_fields_that_are_hidden_block_the_work_and_the_doctor_names_them(account, organisation, plugged) -> None:
    for name in ("Email", "Secondary_Email"):
        del organisation.modules["Contacts"].fields[name]
    worker = plugged(contact_match="email")
    pipeline.create_case(chat(account, ANNA), worker)
    words = "Zoho's Contacts show no field for email, which CONTACT_MATCH names"
    assert worker.blocks.current() == {"zoho set-up": words}
    assert (Level.FAILED, words) in findings(worker)
