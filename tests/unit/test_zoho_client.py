"""Our Zoho client against the simulated Zoho: what every answer means, and what it never says aloud."""

import pytest

from cody2zoho.errors import AccessRevoked, NotSetUp, OutcomeUnknown, RateLimited, Refused, Transient
from cody2zoho.models import Address, Attachment, Note
from cody2zoho.services import Services
from cody2zoho.simulators.faults import Fault
from cody2zoho.zoho.crm import SCOPES, refused

CASE = {"Subject": "s", "Status": "New", "Case_Origin": "Web", "Cody_Conversation_ID": "abc"}


def test_a_plain_insert_makes_a_case_and_the_next_one_names_it(organisation, plugged) -> None:
    cases = plugged().cases
    first = cases.insert(CASE)
    second = cases.insert(CASE)
    assert (first.was_there, second.was_there) == (False, True)
    assert first.case_id == second.case_id
    assert len(organisation.cases) == 1


def test_workflows_run_once_for_each_case(organisation, plugged) -> None:
    cases = plugged().cases
    cases.insert(CASE)
    cases.insert(CASE)
    assert [(run.action, run.trigger) for run in organisation.automation] == [("insert", None)]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"Subject": None}, "Subject: it is mandatory"),
        ({"Subject": "x" * 256}, "Subject: it is longer than 255 characters"),
        ({"Description": "x" * 32_001}, "Description: it is longer than 32000 characters"),
        ({"Status": "secret words"}, "Status: the value is not in its pick list (New, On Hold, Escalated, Closed"),
        ({"Related_To": "secret words"}, "Related_To"),
    ],
)
def test_a_refusal_names_field_and_limit_and_never_the_value(plugged, fields: dict, says: str) -> None:
    with pytest.raises(Refused) as caught:
        plugged().cases.insert({**CASE, **fields})
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_401_that_says_nothing_known_is_no_fault_of_the_record(server, plugged) -> None:
    server.faults.add(Fault("401", path="/crm/v8/Cases"))
    with pytest.raises(AccessRevoked, match="Zoho refuses a fresh access token"):
        plugged().cases.insert(CASE)


def test_another_unique_field_of_the_customer_is_not_taken_for_ours(organisation, plugged) -> None:
    organisation.add_field("Cases", "Ticket", length=50, unique=True)
    cases = plugged().cases
    cases.insert({**CASE, "Ticket": "T1"})
    with pytest.raises(Refused, match="Ticket: another case has the same value"):
        cases.insert({**CASE, "Cody_Conversation_ID": "other", "Ticket": "T1"})


def test_both_unique_fields_at_once_are_our_case(organisation, plugged) -> None:
    organisation.add_field("Cases", "Ticket", length=50, unique=True)
    cases = plugged(zoho_field_map="conversation_id=Cody_Conversation_ID").cases
    first = cases.insert({**CASE, "Ticket": "T1"})
    assert cases.insert({**CASE, "Ticket": "T1"}).case_id == first.case_id


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("429"), RateLimited),
        (Fault("500"), OutcomeUnknown),
        (Fault("502"), OutcomeUnknown),
        (Fault("503"), OutcomeUnknown),
        (Fault("cut"), OutcomeUnknown),
        (Fault("cut", when="after"), OutcomeUnknown),
        (Fault("garble"), Transient),
        (Fault("truncate"), Transient),
    ],
)
def test_every_fault_of_an_insert_says_whether_it_may_have_taken_effect(plugged, server, fault: Fault, error) -> None:
    worker = plugged()
    worker.tokens.get()
    server.faults.add(fault)
    with pytest.raises(error) as caught:
        worker.cases.insert(CASE)
    assert type(caught.value) is error


@pytest.mark.parametrize("code", ["RECORD_LOCKED", "DEPENDENT_SERVICE_ERROR"])
def test_what_passes_by_itself_parks_nothing(code: str) -> None:
    item = {"code": code, "details": {"id": "5725767000000100115"}, "message": "…", "status": "error"}
    for result in (item, {"code": "MULTIPLE_OR_MULTI_ERRORS", "details": {"errors": [item]}, "status": "error"}):
        assert isinstance(refused(result), Transient)


def test_an_insert_that_never_arrived_is_no_unknown_outcome(plugged) -> None:
    worker = plugged(zoho_api_url="http://127.0.0.1:1")
    with pytest.raises(Transient, match="Zoho cannot be reached: no connection") as caught:
        worker.cases.insert(CASE)
    assert not isinstance(caught.value, OutcomeUnknown)


def test_an_answer_later_than_the_time_out_is_an_unknown_outcome(plugged, server, organisation) -> None:
    worker = plugged(http_read_timeout_seconds=0.3)
    worker.tokens.get()
    server.faults.add(Fault("slow", path="/crm/v8/Cases", seconds=1, when="after"))
    with pytest.raises(OutcomeUnknown, match="did not answer in time"):
        worker.cases.insert(CASE)
    server.faults.clear()
    assert worker.cases.insert(CASE).was_there


def everything(worker: Services) -> None:
    """Each kind of call that the product makes."""
    fields, cases = worker.fields, worker.cases
    fields.create({"Another Field": "unique"})
    fields.make_unique(fields.all()["Another_Field"])
    case_id = cases.insert(CASE).case_id
    assert cases.newest_key() == "abc"
    found = cases.read(case_id, "Cody_Conversation_ID", "Modified_Time")
    assert found
    cases.update(case_id, {"Subject": "another"}, found["Modified_Time"])
    cases.add_notes(case_id, [Note("title", "content")])
    assert cases.note_titles(case_id) == {"title"}
    cases.attach(case_id, Attachment("a.txt", b"text"))
    assert cases.attachment_names(case_id) == {"a.txt"}
    assert worker.contact.id()
    assert worker.contacts.create_with(Address("email", "anna@example.com"))


def test_the_scopes_asked_for_are_enough_for_everything(organisation, plugged) -> None:
    token = organisation.accounts.issue_refresh_token(SCOPES)
    everything(plugged(zoho_refresh_token=token, zoho_contact_name="Chat"))


@pytest.mark.parametrize("scope", SCOPES)
def test_no_scope_is_asked_for_that_nothing_needs(organisation, plugged, scope: str) -> None:
    token = organisation.accounts.issue_refresh_token([one for one in SCOPES if one != scope])
    with pytest.raises(NotSetUp, match="lacks a scope"):
        everything(plugged(zoho_refresh_token=token, zoho_contact_name="Chat"))


def test_a_token_without_a_scope_is_a_matter_for_a_person(organisation, plugged) -> None:
    token = organisation.accounts.issue_refresh_token(["ZohoCRM.modules.contacts.ALL"])
    with pytest.raises(NotSetUp, match="lacks a scope: sign in again with ZohoCRM"):
        plugged(zoho_refresh_token=token).cases.insert(CASE)


def test_a_user_without_permission_is_told_which(organisation, plugged) -> None:
    organisation.knobs.denied_permissions = ["Crm_Implied_Create_Cases"]
    with pytest.raises(NotSetUp, match="lacks Crm_Implied_Create_Cases"):
        plugged().cases.insert(CASE)


def test_an_edition_without_cases_is_said(organisation, plugged) -> None:
    organisation.knobs.hidden_modules = ["Cases"]
    with pytest.raises(NotSetUp, match="Zoho has no such module"):
        plugged().cases.insert(CASE)


def test_more_notes_than_a_page_are_all_seen(organisation, plugged) -> None:
    worker = plugged()
    case_id = worker.cases.insert(CASE).case_id
    worker.cases.add_notes(case_id, [Note(f"note {number}", "content") for number in range(250)])
    assert len(worker.cases.note_titles(case_id)) == 250


def test_a_case_that_is_not_there_reads_as_none(plugged, organisation) -> None:
    worker = plugged()
    case_id = worker.cases.insert(CASE).case_id
    organisation.delete_case(case_id)
    assert worker.cases.read(case_id, "Subject") is None


def test_a_field_zoho_cannot_make_unique_is_said(organisation, plugged) -> None:
    organisation.add_field("Cases", "Key", length=100)
    for _ in range(2):
        organisation.add_case(Subject="s", Status="New", Case_Origin="Web", Key="same")
    worker = plugged()
    with pytest.raises(Refused, match="two cases with the same value"):
        worker.fields.make_unique(worker.fields.all()["Key"])


def test_a_field_label_that_is_taken_is_refused(organisation, plugged) -> None:
    with pytest.raises(Refused):
        plugged().fields.create({"Cody Conversation ID": "unique"})
