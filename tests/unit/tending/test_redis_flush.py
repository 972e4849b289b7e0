"""`cody2zoho redis flush`: only what is ours, only when it is meant, and the ledger is closed first."""

import os
import pty
import subprocess
import sys

import pytest
import redis

from cody2zoho.tending.flushing import flush, flush_everything

PREFIX = "{cody2zoho}:"
THEIRS = {"processed_conversation:Abc", "somebody:else"}


def test_without_a_terminal_and_without_yes_nothing_is_deleted(call, filled: redis.Redis) -> None:
    before = set(filled.keys())
    refused = call("flush")
    assert refused.exit_code == 2
    assert "add --yes" in refused.stderr
    assert set(filled.keys()) == before


def test_yes_deletes_what_is_ours_and_leaves_what_is_not(call, filled: redis.Redis) -> None:
    done = call("flush", "--yes")
    assert done.exit_code == 0
    assert set(filled.keys()) == THEIRS
    assert "- ledger (4): which conversation has which case" in done.stdout
    assert "7 keys are gone." in done.stdout
    assert "Workers fill the ledger from Zoho before they make a case" in done.stdout


@pytest.mark.parametrize(
    ("kind", "gone"), [("tokens", {"token:zoho"}), ("metrics", {"metrics:counters"}), ("queue", {"cases"})]
)
def test_only_one_kind_goes_where_only_that_is_named(call, filled: redis.Redis, kind: str, gone: set[str]) -> None:
    before = set(filled.keys())
    done = call("flush", "--only", kind, "--yes")
    assert before - set(filled.keys()) == {PREFIX + key for key in gone}
    assert "Workers fill the ledger" not in done.stdout


def test_the_ledger_goes_as_a_whole_and_its_own_mark_first_and_last(filled: redis.Redis) -> None:
    """A ledger that says it is filled and lacks conversations would have them made again."""
    gone = []
    with filled.monitor() as watched:
        flush(redis.Redis(connection_pool=filled.connection_pool), PREFIX, ["ledger"])
        filled.ping()
        while (asked := watched.next_command()["command"]) != "PING":
            gone += [asked.split()[1]] if asked.startswith("UNLINK") else []
    assert gone[0] == gone[-1] == f"{PREFIX}ledger"
    assert set(gone[1:-1]) == {
        f"{PREFIX}{name}" for name in ("conversation:Jw9R1NVTVgkK", "conversation:finished:7", "metrics:states")
    }


def test_everything_deletes_the_keys_of_others_and_says_that_they_are_not_ours(call, filled: redis.Redis) -> None:
    done = call("flush", "--everything", "--yes")
    assert filled.keys() == []
    assert "- 1 keys that are not ours" in done.stdout


def test_everything_says_that_without_the_earlier_products_marks_there_are_second_cases(
    call, filled: redis.Redis
) -> None:
    words = " ".join(call("flush", "--everything", "--yes").stdout.split())
    assert "- earlier (1): which conversations the earlier product made a case of. " in words
    assert "gets a second case." in words


class FillsAgain(redis.Redis):
    """A worker has filled the ledger as soon as its mark went for the second time."""

    times = 0

    def unlink(self, *names: str) -> int:
        gone = int(super().unlink(*names))
        self.times += 1
        if self.times == 2:
            self.mset({f"{PREFIX}ledger": "open", f"{PREFIX}conversation:Jw9R1NVTVgkK": "created"})
        return gone


def test_everything_takes_nothing_out_of_a_ledger_that_was_filled_again(filled: redis.Redis) -> None:
    flush_everything(FillsAgain(connection_pool=filled.connection_pool), PREFIX)
    assert set(filled.keys()) == {f"{PREFIX}ledger", f"{PREFIX}conversation:Jw9R1NVTVgkK"}


class BreaksOff(redis.Redis):
    """Ctrl-C at the first keys, when a worker has just filled the ledger again."""

    def pipeline(self, *_: object, **__: object) -> None:
        self.hset(f"{PREFIX}ledger", "open", 1)
        raise KeyboardInterrupt


def test_a_flush_that_is_broken_off_leaves_no_ledger_that_says_it_is_whole(filled: redis.Redis) -> None:
    with pytest.raises(KeyboardInterrupt):
        flush(BreaksOff(connection_pool=filled.connection_pool), PREFIX)
    assert not filled.exists(f"{PREFIX}ledger")


def test_everything_deletes_keys_that_are_no_text(call, store: redis.Redis) -> None:
    store.set(b"\xac\xed\x00\x05t\x00\x07session", "1")
    done = call("flush", "--everything", "--yes")
    assert (done.exit_code, store.dbsize()) == (0, 0)


def test_where_there_is_nothing_nothing_is_asked(call, store: redis.Redis) -> None:
    done = call("flush")
    assert (done.exit_code, done.stdout) == (0, "There is no such key: nothing was deleted.\n")


def test_only_and_everything_contradict_each_other(call, filled: redis.Redis) -> None:
    assert call("flush", "--only", "tokens", "--everything", "--yes").exit_code == 2
    assert filled.exists(f"{PREFIX}token:zoho")


def test_workers_that_work_are_named_first(call, filled: redis.Redis) -> None:
    filled.zadd(f"{PREFIX}signs:workers", {"worker@here": filled.time()[0]})
    assert "1 of ours work now (worker@here): stop them first" in call("flush", "--yes").stdout


@pytest.mark.parametrize(
    ("typed", "code", "is_deleted"),
    [(b"n\n", 1, False), (b"y\nno\n", 1, False), (b"y\n\n", 1, False), (b"y\nflush\n", 0, True)],
)
def test_at_a_terminal_it_asks_twice(
    filled: redis.Redis, redis_address: str, typed: bytes, code: int, is_deleted: bool
) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cody2zoho", "redis", "flush"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "REDIS_URL": redis_address},
    )
    os.close(theirs)
    os.write(ours, typed)
    said = process.communicate(timeout=30)[0].decode()
    os.close(ours)
    assert process.returncode == code, said
    assert ("Nothing was deleted." in said) is not is_deleted
    assert (filled.exists(f"{PREFIX}token:zoho") == 0) is is_deleted
