"""`cody2zoho redis status|info|keys|slowlog`: what is there, and never what it says."""

import json
import re
from pathlib import Path

import pytest
import redis

from cody2zoho.cli.redis import redis as commands
from cody2zoho.tending.kinds import FOREIGN, KINDS, LOSSES, OTHER, kind_of

ROOT = Path(__file__).parents[3]
PREFIX = "{cody2zoho}:"
WORDS = ("Ada", "secret", "their words", "a message", "c4876")


def documented() -> list[str]:
    """Every key of docs/architecture.md, with an x for what differs."""
    section = (ROOT / "docs" / "architecture.md").read_text().split("## Redis keys\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [re.sub(r"<[^>]*>", "x", key) for cell in cells for key in re.findall(r"`([^`]+)`", cell)]


def test_every_documented_key_has_a_kind_and_a_loss() -> None:
    keys = [key for key in documented() if not key.startswith("processed_conversation")]
    assert len(keys) > 60
    assert [key for key in keys if kind_of(PREFIX + key, PREFIX) in (OTHER, FOREIGN)] == []
    assert {kind.goes_with for kind in (*KINDS, OTHER)} == set(LOSSES)


def test_status_shows_what_it_is_and_what_of_ours_is_in_it(call, filled: redis.Redis) -> None:
    shown = call("status")
    assert shown.exit_code == 0
    assert re.search(r"^server +Valkey \S+, compatible with Redis 7", shown.stdout, re.MULTILINE)
    assert re.search(r"^when full +refuses writes, forgets nothing \(noeviction\)$", shown.stdout, re.MULTILINE)
    assert re.search(r"^ +1  tokens ", shown.stdout, re.MULTILINE)
    assert not any(word in shown.output for word in WORDS)


def test_status_says_whether_workers_work(call, filled: redis.Redis) -> None:
    assert "none of ours works now" in call("status").stdout
    now = filled.time()[0]
    filled.zadd(f"{PREFIX}signs:workers", {"worker@here": now - 5, "worker@gone": now - 500})
    assert json.loads(call("status", "--json").stdout)["workers"] == ["worker@here"]


def test_status_of_an_empty_redis_says_so(call, store: redis.Redis) -> None:
    assert "Nothing of ours is in it yet." in call("status").stdout


def test_what_a_redis_refuses_is_said_once_and_the_rest_goes_on(limited, filled: redis.Redis) -> None:
    shown = limited("status")
    assert shown.exit_code == 0
    assert shown.stderr == "This Redis refuses INFO: its provider or its access rules took the command away\n"
    assert re.search(r"^ +1  tokens ", shown.stdout, re.MULTILINE)


@pytest.mark.parametrize("command", ["info", "slowlog", "monitor"])
def test_a_command_that_is_nothing_but_what_is_refused_ends_with_that_sentence(
    limited, store: redis.Redis, command: str
) -> None:
    shown = limited(command)
    assert shown.exit_code == 1
    assert shown.stderr == (
        f"This Redis refuses {command.upper()}: its provider or its access rules took the command away\n"
    )


def test_info_shows_one_section_and_says_where_there_is_nothing(call, store: redis.Redis) -> None:
    assert "used_memory " in call("info", "memory").stdout
    assert "used_memory " not in call("info", "clients").stdout
    wrong = call("info", "weather")
    assert wrong.exit_code == 2
    assert "INFO tells nothing under weather" in wrong.stderr


def test_keys_are_counted_by_kind_with_type_and_time_left_and_no_value(call, filled: redis.Redis) -> None:
    shown = call("keys")
    assert re.search(r"^tokens: 1 key, about \d+ bytes; ", shown.stdout, re.MULTILINE)
    assert re.search(rf"^  string (49|50) minutes left +{re.escape(PREFIX)}token:zoho$", shown.stdout, re.MULTILINE)
    assert re.search(rf"^  hash   stays +{re.escape(PREFIX)}conversation:Jw9R1NVTVgkK$", shown.stdout, re.MULTILINE)
    assert not any(word in shown.output for word in WORDS)
    assert "somebody" not in shown.stdout


@pytest.mark.parametrize(
    ("pattern", "kinds"),
    [
        ("conversation:*", ["finished", "conversations"]),
        ("token:*", ["tokens"]),
        ("metrics:*", ["ledger", "metrics"]),
        (f"{PREFIX}token:*", ["tokens"]),
        ("nothing:*", []),
    ],
)
def test_a_pattern_chooses_among_our_keys(call, filled: redis.Redis, pattern: str, kinds: list[str]) -> None:
    assert list(json.loads(call("keys", pattern, "--json").stdout)["kinds"]) == kinds


def test_everything_counts_the_keys_of_others_too(call, filled: redis.Redis) -> None:
    kinds = json.loads(call("keys", "--everything", "--json").stdout)["kinds"]
    assert (kinds["earlier"]["keys"], kinds["not ours"]["keys"]) == (1, 1)


def test_keys_that_are_no_text_are_counted_and_shown_as_bytes(call, filled: redis.Redis) -> None:
    filled.set(b"\xac\xed\x00\x05t\x00\x07session", "1")
    filled.set("red\x1b[31m\nüber", "1")
    shown = call("keys", "--everything")
    assert shown.exit_code == 0, shown.output
    assert r" \xac\xed\x00\x05t\x00\x07session" in shown.stdout
    assert r" red\x1b[31m\x0aüber" in shown.stdout
    assert json.loads(call("keys", "--everything", "--json").stdout)["kinds"]["not ours"]["keys"] == 3


def test_keys_that_our_user_may_not_look_at_are_counted(
    call, filled: redis.Redis, redis_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.execute_command("ACL", "SETUSER", "ours", "on", ">word", f"~{PREFIX}*", "&*", "+@all", "-@dangerous")
    monkeypatch.setenv("REDIS_URL", redis_address.replace("unix://", "unix://ours:word@"))
    shown, flushed = call("keys", "--everything"), call("flush", "--everything", "--yes")
    filled.execute_command("ACL", "DELUSER", "ours")
    assert shown.exit_code == 0
    assert "not ours: 1 key; " in shown.stdout
    assert f"{PREFIX}token:zoho" in shown.stdout
    assert flushed.exit_code == 1
    assert flushed.stderr.startswith("It was broken off: some of these keys are gone, and some are not.")
    assert "or a key that is needed here" in flushed.stderr


def test_names_are_shown_up_to_the_limit_and_the_rest_is_counted(call, store: redis.Redis) -> None:
    for number in range(1_234):
        store.set(f"{PREFIX}contact:{number}", "1", ex=60)
    shown = call("keys", "contact:*", "--limit", "2")
    assert "contacts: 1,234 keys" in shown.stdout
    assert len(re.findall(r"contact:\d", shown.stdout)) == 2
    assert "… and 1,232 more" in shown.stdout


def test_a_prefix_with_signs_of_a_pattern_finds_its_own_keys_only(
    call, store: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_KEY_PREFIX", "a*[b]:")
    store.mset({"a*[b]:token:zoho": "1", "aab:token:zoho": "1", "axxb:token:zoho": "1"})
    assert json.loads(call("keys", "--json").stdout)["keys"] == 1


def test_slow_commands_are_told_without_what_was_in_them(call, filled: redis.Redis) -> None:
    filled.config_set("slowlog-log-slower-than", -1)
    filled.slowlog_reset()
    assert call("slowlog").stdout == "No command was slow.\n"
    filled.config_set("slowlog-log-slower-than", 0)
    filled.hset(f"{PREFIX}conversation:Jw9R1NVTVgkK", "name", "Grace Hopper")
    filled.set("somebody:else", "their words")
    filled.config_set("slowlog-log-slower-than", 10_000)
    shown = call("slowlog").stdout
    filled.slowlog_reset()
    assert f"HSET {PREFIX}conversation:Jw9R1NVTVgkK …" in shown
    assert re.search(r"SET …\d$", shown, re.MULTILINE)
    assert "Grace" not in shown
    assert "somebody" not in shown


@pytest.mark.parametrize("value", ["a" + "ü" * 100, b"\xac\xed\x00\x05"], ids=["cut in a letter", "no text"])
@pytest.mark.parametrize("command", [("slowlog",), ("health",), ("performance", "--seconds", "0")])
def test_slow_commands_whose_words_are_no_text_are_told(
    call, store: redis.Redis, command: tuple[str, ...], value: str | bytes
) -> None:
    store.config_set("slowlog-log-slower-than", 0)
    store.set(f"{PREFIX}conversation:Jw9R1NVTVgkK", value)
    store.config_set("slowlog-log-slower-than", 10_000)
    shown = call(*command)
    store.slowlog_reset()
    assert shown.exception is None or isinstance(shown.exception, SystemExit)
    assert shown.stdout


def test_a_login_that_is_refused_is_told_as_that(call, store: redis.Redis, redis_address: str, monkeypatch) -> None:
    monkeypatch.setenv("REDIS_URL", redis_address.replace("unix://", "unix://nobody:wrong-word@"))
    shown = call("status")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("Redis refuses the login: correct the one in REDIS_URL")
    assert "wrong-word" not in shown.output


def table(heading: str) -> list[list[str]]:
    page = (ROOT / "docs" / "redis.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in page.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_kind_and_every_loss_is_documented() -> None:
    assert table("Kinds of keys") == [
        [kind.name, ", ".join(f"`{one}`" for one in kind.patterns), kind.holds, f"`{kind.goes_with}`"] for kind in KINDS
    ]
    assert table("Flushing") == [[f"`{name}`", loss] for name, loss in LOSSES.items()]


@pytest.mark.parametrize("name", list(commands.commands))
def test_every_command_is_documented_with_every_option(name: str) -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    section = page.split(f"\n## `cody2zoho redis {name}`\n")[1].split("\n## ")[0]
    documented = set(re.findall(r"^\| `(--\w+)`", section, re.MULTILINE))
    options = {one for part in commands.commands[name].params for one in (*part.opts, *part.secondary_opts)}
    assert documented == {one for one in options if one.startswith("--")}


def test_a_setting_that_is_wrong_is_told_and_credentials_may_be_missing(
    call, store: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("status").exit_code == 0
    monkeypatch.setenv("REDIS_MAX_CONNECTIONS", "many")
    refused = call("status")
    assert refused.exit_code == 2
    assert refused.stderr.startswith('REDIS_MAX_CONNECTIONS "many" is wrong: ')
    assert "CODY_API_KEY" not in refused.stderr
