"""What is counted where the requests arrive."""

from cody2zoho.prove.figures import figures, most_at_a_time, most_in
from cody2zoho.simulators.journal import Entry


def entry(
    at: float, seconds: float = 1.0, path: str = "/crm/v8/Cases", method: str = "GET", status: int = 200
) -> Entry:
    simulator = "cody" if path.startswith("/api/") else "zoho"
    return Entry(simulator, method, path, status, seconds, at)


def test_calls_at_a_time_are_those_that_overlap() -> None:
    assert most_at_a_time([]) == 0
    assert most_at_a_time([entry(0), entry(0.5), entry(0.9), entry(1.6)]) == 3
    assert most_at_a_time([entry(0), entry(1), entry(2)]) == 1


def test_requests_in_a_minute_are_those_of_the_fullest_minute() -> None:
    assert most_in(60, []) == 0
    assert most_in(60, [entry(at) for at in (0, 1, 59, 59.5, 61)]) == 4
    assert most_in(60, [entry(at) for at in (0, 60, 120)]) == 1


def test_a_run_is_counted_by_kind() -> None:
    found = figures(
        [
            entry(0, path="/api/v1/messages?page=2"),
            entry(0, path="/api/v1/conversations"),
            entry(0, method="POST", status=201),
            entry(0, method="POST", status=400),
            entry(0, method="POST", status=400, path="/crm/v8/Cases/1/Notes"),
            entry(0, method="POST", path="/oauth/v2/token?x=1"),
            entry(0, method="POST", path="/oauth/v2/token", status=400),
        ]
    )
    assert found.requests == {"cody": 2, "zoho": 5}
    assert found.refused_duplicates == 1
    assert found.zoho_at_a_time == 3
    assert found.cody_a_minute == 2
    assert (found.token_refreshes, found.refused_refreshes) == (2, 1)
