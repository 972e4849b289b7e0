"""Reading cases: one, pages of them, the deleted ones, and a count that is always a little old."""

import pytest
from zoho_client import Caller, a_case


def test_a_case_is_read_whole_or_by_the_fields_asked_for() -> None:
    caller = Caller()
    case_id = caller.new_id("k")
    [whole] = caller.ask("GET", f"Cases/{case_id}")[1]["data"]
    assert whole["Cody_Conversation_ID"] == "k"
    assert whole["$approval_state"] == "approved"
    assert whole["Description"] is None
    [part] = caller.ask("GET", f"Cases/{case_id}", fields="Subject,Nothing")[1]["data"]
    assert part == {"Subject": "Cody Chat", "id": case_id}


def test_a_missing_case_is_204_and_an_odd_id_400() -> None:
    caller = Caller()
    assert caller.ask("GET", "Cases/5725767000000999999") == (204, None)
    status, body = caller.ask("GET", "Cases/abc")
    assert (status, body["message"]) == (400, "the id given seems to be invalid")


def test_a_case_that_did_not_change_is_304() -> None:
    caller = Caller()
    case_id = caller.new_id()
    since = {"if-modified-since": caller.zoho.time_text()}
    assert caller.send("GET", f"Cases/{case_id}", headers=since).status == 304
    caller.clock.wait(1)
    caller.zoho.edit_case(case_id, Status="Closed")
    assert caller.send("GET", f"Cases/{case_id}", headers=since).status == 200


def test_a_list_needs_its_fields_and_comes_newest_first_in_pages() -> None:
    caller = Caller()
    assert caller.ask("GET", "Cases")[1]["details"] == {"param_name": "fields"}
    assert caller.ask("GET", "Cases", fields="id") == (204, None)
    ids = [caller.new_id() for _ in range(5)]
    _, first = caller.ask("GET", "Cases", fields="Subject", per_page="2")
    assert [row["id"] for row in first["data"]] == ids[:2:-1]
    assert first["info"]["more_records"]
    token = first["info"]["next_page_token"]
    _, second = caller.ask("GET", "Cases", fields="Subject", per_page="2", page_token=token)
    assert [row["id"] for row in second["data"]] == [ids[2], ids[1]]
    _, last = caller.ask("GET", "Cases", fields="Subject", per_page="2", page="3")
    assert (last["info"]["more_records"], last["info"]["next_page_token"]) == (False, None)
    _, exact = caller.ask("GET", "Cases", fields="Subject", per_page="5")
    assert not exact["info"]["more_records"]
    _, sorted_rows = caller.ask("GET", "Cases", fields="id", sort_by="Created_Time", sort_order="asc")
    assert [row["id"] for row in sorted_rows["data"]] == ids


def test_beyond_2000_records_a_page_number_is_not_enough() -> None:
    caller = Caller()
    status, body = caller.ask("GET", "Cases", fields="id", page="11")
    assert (status, body["code"]) == (400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED")
    assert caller.ask("GET", "Cases", fields="id", page_token="nonsense")[0] == 400
    assert caller.ask("GET", "Cases", fields="id", per_page="201")[0] == 400


@pytest.mark.parametrize(("days", "kind"), [(0, "recycle"), (61, "permanent"), (181, None)])
def test_a_deleted_case_is_listed_by_what_is_left_of_it(days: int, kind: str | None) -> None:
    caller = Caller()
    case_id = caller.new_id()
    caller.zoho.delete_case(case_id, days_ago=days)
    status, body = caller.ask("GET", "Cases/deleted", type="all")
    assert status == (200 if kind else 204)
    assert not kind or [(row["id"], row["type"]) for row in body["data"]] == [(case_id, kind)]
    assert caller.ask("GET", "Cases/deleted", type="recycle")[0] == (200 if kind == "recycle" else 204)


def test_a_restored_case_is_back() -> None:
    caller = Caller()
    case_id = caller.new_id()
    caller.zoho.delete_case(case_id)
    caller.zoho.restore_case(case_id)
    assert caller.ask("GET", f"Cases/{case_id}")[0] == 200


def test_the_count_is_minutes_old() -> None:
    caller = Caller()
    caller.insert(a_case(), a_case())
    assert caller.ask("GET", "Cases/actions/count")[1] == {"count": 0}
    caller.clock.wait(300)
    assert caller.ask("GET", "Cases/actions/count")[1] == {"count": 2}
