"""What is asked of Redis, shown without a token, a customer's words or somebody else's keys."""

import threading

import pytest
import redis

from cody2zoho.tending.looking_on import monitored
from cody2zoho.tending.requests import asked, shown

PREFIX = "{cody2zoho}:"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["set", f"{PREFIX}token:zoho", "1000.secret"], f"SET {PREFIX}token:zoho …1"),
        (["GET", f"{PREFIX}ledger"], f"GET {PREFIX}ledger"),
        (["get", "session:ada@example.com"], "GET …1"),
        (["set", "theirs", f"{PREFIX}not a key but a value"], "SET …2"),
        (["evalsha", "0f3a", "2", f"{PREFIX}a", f"{PREFIX}b", "words"], f"EVALSHA {PREFIX}a {PREFIX}b …3"),
        (["eval", "return 'secret'", "many", "x"], "EVAL …3"),
        (["eval", "return 1", "²", "x"], "EVAL …3"),
        (["eval", "return 1", "9" * 5_000, "x"], "EVAL …3"),
        (["brpop", f"{PREFIX}cases", f"{PREFIX}ticks", "1"], f"BRPOP {PREFIX}cases {PREFIX}ticks …1"),
        (["client", "setname", "ada"], "CLIENT SETNAME …1"),
        (["publish", f"{PREFIX}channel\nforged line", "x"], "PUBLISH …2"),
        (["mail me at ada@example.com"], "(no command of Redis)"),
        ([], "(no command of Redis)"),
    ],
)
def test_a_command_and_our_keys_are_shown_and_nothing_else(words: list[str], told: str) -> None:
    assert shown(words, PREFIX) == told


def test_a_line_of_monitor_is_read_whatever_stands_in_its_values() -> None:
    line = r'1760000000.123456 [0 127.0.0.1:5] "set" "{cody2zoho}:a" "he said \"no\" [1 lua] and left"'
    found = asked(line, PREFIX)
    assert found is not None
    assert (found.second, found.who, found.words) == (1760000000.123456, "127.0.0.1:5", f"SET {PREFIX}a …1")
    assert asked("OK", PREFIX) is None


def test_monitor_shows_what_others_ask_as_it_happens(store: redis.Redis) -> None:
    seen = monitored(store, PREFIX, seconds=10)
    other = threading.Timer(0.2, lambda: store.set(f"{PREFIX}token:zoho", "1000.secret", ex=60))
    other.start()
    commands = [next(one for one in seen if one.words.startswith("SET ")).words]
    seen.close()
    other.join()
    assert commands == [f"SET {PREFIX}token:zoho …3"]
    # The connection went with it, and the next one is not in its way.
    assert store.ping()


def test_monitor_ends_when_its_time_is_over_though_nothing_is_asked(call, store: redis.Redis) -> None:
    shown_now = call("monitor", "--seconds", "0.1")
    assert (shown_now.exit_code, shown_now.output) == (0, "")
