"""All cases that have a conversation id are read in few requests, each once, whatever changes meanwhile."""

from dataclasses import replace

import pytest

from cody2zoho.errors import OutcomeUnknown, RateLimited, Refused, Transient
from cody2zoho.simulators.faults import Fault
from cody2zoho.zoho.cases import Inserted

KEY = "Cody_Conversation_ID"


def queries(server) -> int:
    return sum(entry.path.endswith("/coql") for entry in server.journal.entries)


def test_4500_cases_take_three_requests(organisation, plugged, server) -> None:
    made = {organisation.add_case(**{KEY: f"conversation{number}"}): f"conversation{number}" for number in range(4_500)}
    pages = list(plugged().cases.keyed_pages())
    assert [len(page) for page in pages] == [2_000, 2_000, 500]
    assert {case.case_id: case.key for page in pages for case in page} == made
    assert queries(server) == 3


def test_a_full_last_page_is_not_taken_for_the_end(organisation, plugged, server) -> None:
    for number in range(2_000):
        organisation.add_case(**{KEY: f"conversation{number}"})
    assert [len(page) for page in plugged().cases.keyed_pages()] == [2_000]
    assert queries(server) == 2


def test_cases_without_a_conversation_id_are_left_out(organisation, plugged, clock) -> None:
    organisation.add_case()
    organisation.add_case(**{KEY: ""})
    case_id = organisation.add_case(**{KEY: "Qz3d"})
    assert list(plugged().cases.keyed_pages()) == [[(case_id, "Qz3d", clock.now)]]


def test_a_case_deleted_while_they_are_read_hides_no_other(organisation, plugged) -> None:
    ids = [organisation.add_case(**{KEY: f"conversation{number}"}) for number in range(2_500)]
    pages = plugged().cases.keyed_pages()
    seen = [case.case_id for case in next(pages)]
    organisation.delete_case(ids[0])
    organisation.add_case(**{KEY: "meanwhile"})
    seen += [case.case_id for page in pages for case in page]
    assert set(ids) <= set(seen)
    assert len(seen) == len(set(seen)) == 2_501


def test_an_organisation_without_cases_has_no_page(plugged) -> None:
    assert list(plugged().cases.keyed_pages()) == []


def test_one_key_is_found_in_any_capitals_at_once(organisation, plugged) -> None:
    upper = organisation.add_case(**{KEY: "Qz3d"})
    lower = organisation.add_case(**{KEY: "qZ3D"})
    organisation.add_case(**{KEY: "Qz3d~1"})
    assert sorted(plugged().cases.with_key("Qz3d")) == [(upper, "Qz3d"), (lower, "qZ3D")]
    assert plugged().cases.with_key("unknown") == []


@pytest.mark.parametrize("key", ["", "it's", "a b", "x' or id is not null or Subject = '", "ü", "a\n"])
def test_what_is_no_conversation_id_goes_into_no_query(plugged, server, key: str) -> None:
    with pytest.raises(Refused, match="cannot be asked for a conversation id"):
        plugged().cases.with_key(key)
    assert queries(server) == 0


def test_a_case_whose_id_zoho_does_not_name_is_found_by_its_key(organisation, plugged, server) -> None:
    organisation.knobs.duplicate_details = "api_name_only"
    case_id = organisation.add_case(**{KEY: "Qz3d"})
    cases = plugged().cases
    assert cases.insert({"Subject": "s", "Status": "New", "Case_Origin": "Web", KEY: "Qz3d"}).case_id == case_id
    assert queries(server) == 1


def test_a_fault_in_the_midst_is_raised_and_no_part_is_taken_for_all(organisation, plugged, server) -> None:
    for number in range(2_001):
        organisation.add_case(**{KEY: f"conversation{number}"})
    pages = plugged().cases.keyed_pages()
    next(pages)
    server.faults.add(Fault("500", path="/crm/v8/coql"))
    with pytest.raises(Transient, match="out of order"):
        next(pages)


def test_a_field_that_zoho_does_not_have_is_named(plugged) -> None:
    with pytest.raises(Refused, match="No_Such_Field"):
        list(plugged(zoho_field_map="conversation_id=No_Such_Field").cases.keyed_pages())


def test_a_query_that_got_no_answer_has_no_effect_to_wait_for(plugged, server) -> None:
    server.faults.add(Fault("cut", path="*/coql", when="after"))
    with pytest.raises(Transient, match=r"^Zoho cut the connection$") as caught:
        plugged().cases.newest_key()
    assert not isinstance(caught.value, OutcomeUnknown)


def test_many_keys_are_looked_up_in_one_query_and_to_the_letter(organisation, plugged, server, clock) -> None:
    made = {f"Key{number}": organisation.add_case(**{KEY: f"Key{number}"}) for number in range(60)}
    organisation.add_case(**{KEY: "kEY0~1"})
    found = plugged().cases.with_keys([*made, "key61", "it's"])
    assert {key: case.case_id for key, case in found.items()} == made
    assert {case.made_at for case in found.values()} == {clock.now}
    assert queries(server) == 1
    assert plugged().cases.with_keys(["KEY1", "it's"]) == {}
    assert plugged().cases.with_keys(["it's"]) == {}
    assert queries(server) == 2


def record(key: str, **fields: str) -> dict[str, object]:
    return {"Subject": "s", "Status": "Closed", "Case_Origin": "Web", KEY: key, **fields}


def test_of_many_records_each_has_its_own_result_in_their_order(organisation, plugged) -> None:
    there = organisation.add_case(**{KEY: "There"})
    results = plugged().cases.insert_many(
        [record("One"), record("thERE"), record("Two", Status="Wrong"), record("one"), record("Three")]
    )
    made = {case[KEY]: case_id for case_id, case in organisation.cases.items()}
    assert results[0] == Inserted(made["One"], was_there=False)
    assert results[1] == Inserted(there, was_there=True)
    assert isinstance(results[2], Refused)
    assert results[3] == Inserted(made["One"], was_there=True)
    assert results[4] == Inserted(made["Three"], was_there=False)


@pytest.mark.parametrize("action", ["cut", "garble", "truncate", "502"])
def test_an_insert_of_many_whose_answer_is_lost_has_an_unknown_outcome(plugged, server, action) -> None:
    server.faults.add(Fault(action, path="/crm/v8/Cases", when="after"))
    with pytest.raises(OutcomeUnknown):
        plugged().cases.insert_many([record("One"), record("Two")])


def test_an_answer_with_too_few_results_has_an_unknown_outcome(plugged) -> None:
    class Short:
        """A Zoho that forgets one."""

        def call(self, *_: object, **__: object) -> dict[str, object]:
            return {"data": [{"status": "success", "code": "SUCCESS", "details": {"id": "1"}}]}

    with pytest.raises(OutcomeUnknown):
        replace(plugged().cases, crm=Short()).insert_many([record("One"), record("Two")])


def test_what_certainly_did_not_happen_is_no_unknown_outcome(plugged, server) -> None:
    server.faults.add(Fault("429", path="/crm/v8/Cases", retry_after=1))
    with pytest.raises(RateLimited):
        plugged().cases.insert_many([record("One")])
