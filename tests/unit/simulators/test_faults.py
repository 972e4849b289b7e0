"""Faults strike whom they should, as often as they should, and look as they should."""

import json
from collections.abc import Callable

import pytest

from cody2zoho.simulators.faults import Fault, Faults, answer_of, damaged
from cody2zoho.simulators.wire import Reply, Request

MESSAGES = Request("GET", "/api/v1/messages")


def struck(faults: Faults, times: int, request: Request = MESSAGES) -> list[int]:
    """Which of so many requests are struck, counted from 1."""
    return [number for number in range(1, times + 1) if faults.striking("cody", request)]


def test_a_rule_strikes_only_its_simulator_method_and_path() -> None:
    faults = Faults([Fault("500", simulator="cody", method="GET", path="/api/v1/mess*")])

    assert struck(faults, 2) == [1, 2]
    assert struck(faults, 2, Request("POST", "/api/v1/messages")) == []
    assert struck(faults, 2, Request("GET", "/api/v1/bots")) == []
    assert faults.striking("zoho", MESSAGES) == []


def test_nth_strikes_once_and_times_is_a_ceiling() -> None:
    assert struck(Faults([Fault("500", nth=3)]), 9) == [3]
    assert struck(Faults([Fault("500", times=2)]), 9) == [1, 2]


def test_a_rate_is_kept_and_repeats_with_its_seed() -> None:
    first = struck(Faults([Fault("500", rate=0.2, seed=7)]), 1000)

    assert 150 < len(first) < 250
    assert struck(Faults([Fault("500", rate=0.2, seed=7)]), 1000) == first
    assert struck(Faults([Fault("500", rate=0.2, seed=8)]), 1000) != first


def test_every_rule_that_matches_strikes() -> None:
    faults = Faults([Fault("slow"), Fault("cut", when="after")])

    assert [fault.action for fault in faults.striking("cody", MESSAGES)] == ["slow", "cut"]


def test_work_is_prevented_only_before_it() -> None:
    assert Fault("cut").prevents
    assert not Fault("cut", when="after").prevents
    assert not Fault("garble").prevents


def test_a_throttled_answer_says_when_to_come_back_only_if_told() -> None:
    plain, timed = answer_of(Fault("429"), "cody"), answer_of(Fault("429", retry_after=7), "zoho")

    assert plain is not None
    assert (plain.status, json.loads(plain.body)) == (429, {"message": "Too Many Attempts."})
    assert "Retry-After" not in plain.headers
    assert timed is not None
    assert timed.headers["Retry-After"] == "7"
    assert json.loads(timed.body)["code"] == "TOO_MANY_REQUESTS"


@pytest.mark.parametrize("action", ["502", "503", "504"])
def test_proxies_answer_with_pages(action: str) -> None:
    answer = answer_of(Fault(action), "cody")  # type: ignore[arg-type]

    assert answer is not None
    assert (answer.status, answer.headers["Content-Type"]) == (int(action), "text/html; charset=UTF-8")


def test_a_lost_session_is_a_redirect() -> None:
    answer = answer_of(Fault("login"), "cody")

    assert answer is not None
    assert (answer.status, answer.headers["Location"]) == (302, "/login")


@pytest.mark.parametrize("action", ["garble", "truncate"])
def test_a_damaged_body_is_no_json(action: str) -> None:
    reply = Reply.json(200, {"data": [{"id": "a"}]})
    bad = damaged(Fault(action), reply)  # type: ignore[arg-type]

    assert bad.status == 200
    with pytest.raises(ValueError, match=r".+"):
        json.loads(bad.body)


def test_a_script_happens_once_after_the_nth_request() -> None:
    faults, happened = Faults(), list[str]()
    note: Callable[[], None] = lambda: happened.append("deleted")  # noqa: E731
    faults.after(2, note, simulator="cody", path="/api/v1/messages")

    faults.worked("cody", Request("GET", "/api/v1/bots"))
    faults.worked("cody", MESSAGES)
    assert happened == []
    faults.worked("cody", MESSAGES)
    faults.worked("cody", MESSAGES)
    assert happened == ["deleted"]
