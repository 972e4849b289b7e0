"""Conversations against cases, as tables in memory.

SQLite needs 9 MB for 100,000 of each where Python's dictionaries would need 30, and says in one query who has no
counterpart. Not on disk: a container has 16 MB of it.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from cody2zoho.ledger.keys import since_of, whole_of

_TABLES = """
pragma journal_mode = off;
create table listed (id text primary key, state integer, since integer) without rowid;
create table held (
    owner text, since integer, case_id integer, is_distinct integer, primary key (owner, since, case_id)
) without rowid;
create table believed (id text primary key, since integer) without rowid;
"""


def owner_of(key: str) -> str:
    """The conversation that a key names: itself, or the one that `keys.distinct_key` made it from; of any part.

    >>> owner_of("qz3d~1~~1760000000")
    'Qz3d'
    """
    key = whole_of(key)
    conversation_id, mark, number = key.partition("~")
    try:
        capitals = int(number, 16) if mark else 0
    except ValueError:
        return key
    letters = (
        letter.upper() if capitals >> place & 1 else letter.lower() for place, letter in enumerate(conversation_id)
    )
    return "".join(letters) if mark else key


@contextmanager
def comparison() -> Iterator["Comparison"]:
    """An empty one."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        database.executescript(_TABLES)
        yield Comparison(database)
    finally:
        database.close()


class Comparison:
    """Conversations with their state in the ledger, "" where it knows none, and cases with the owners of their keys.

    Both with the Unix second at which a part begins, where silences split a conversation, else 0: a conversation with
    that of the latest case of which the ledger knows.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        #: State to the number that stands for it; a number takes a byte.
        self._numbers: dict[str, int] = {}

    def note(self, conversations: Iterable[tuple[str, str, int]]) -> None:
        """Ids with states and parts; one that is listed twice counts once."""
        rows = (
            (one, self._numbers.setdefault(state, len(self._numbers)), since) for one, state, since in conversations
        )
        self._database.executemany("insert or replace into listed values (?, ?, ?)", rows)

    def hold(self, cases: Iterable[tuple[str, str]]) -> None:
        """Case ids with their keys."""
        rows = ((owner_of(key), since_of(key), int(case_id), "~" in whole_of(key)) for case_id, key in cases)
        self._database.executemany("insert or replace into held values (?, ?, ?, ?)", rows)

    def believe(self, conversations: Iterable[tuple[str, int]]) -> None:
        """Ids and parts of conversations of which the ledger has a case; those that are not listed are kept."""
        self._database.executemany(
            "insert or replace into believed select ?1, ?2 where not exists (select 1 from listed where id = ?1)",
            conversations,
        )

    def note_believed(self, state: str) -> None:
        """Those whose case is not there and that are not listed count as listed, in this state."""
        number = self._numbers.setdefault(state, len(self._numbers))
        self._database.execute(
            "insert or ignore into listed select id, ?, since from believed where not exists"
            " (select 1 from held where owner = id and believed.since in (0, held.since))",
            (number,),
        )

    def give(self, case_id: str, owner: str) -> None:
        """The case belongs to another conversation than its key says."""
        self._database.execute("update held set owner = ? where case_id = ?", (owner, int(case_id)))

    def strays(self) -> list[tuple[str, str]]:
        """Cases whose owner is not listed, with it, by id."""
        return self._all(
            "select cast(case_id as text), owner from held"
            " where not exists (select 1 from listed where id = owner) order by case_id"
        )

    def like(self, conversation_id: str) -> list[str]:
        """Listed ids that differ from this one in capitals only."""
        return [one for (one,) in self._all("select id from listed where id = ? collate nocase", conversation_id)]

    def has_distinct_key(self, conversation_id: str) -> bool:
        """Whether it has a case that leaves the plain id to another conversation."""
        return bool(self._all("select 1 from held where owner = ? and is_distinct", conversation_id))

    def missing(self, *states: str) -> list[tuple[str, str]]:
        """Conversations of these states without a case, or without their latest part's, with the state."""
        found = self._all(
            f"select id, state from listed where state in ({self._in(states)})"
            " and not exists (select 1 from held where owner = id and listed.since in (0, held.since))"
        )
        names = list(self._numbers)
        return [(one, names[number]) for one, number in found]

    def newest(self, count: int) -> list[str]:
        """The conversations of the newest cases."""
        rows = self._all(f"select id from held join listed on id = owner order by case_id desc limit {count}")
        return [one for (one,) in rows]

    def duplicates(self) -> dict[str, list[str]]:
        """Listed conversations with several cases of one part, the oldest case first."""
        found: dict[str, list[str]] = {}
        for owner, case_id in self._all(
            "select owner, cast(case_id as text) from held join listed on id = owner where (owner, held.since) in"
            " (select owner, since from held group by owner, since having count(*) > 1) order by owner, case_id"
        ):
            found.setdefault(owner, []).append(case_id)
        return found

    def unrecorded(self, *states: str) -> list[tuple[str, str, int]]:
        """Conversations of these states that have a case, with the oldest one of the latest part, and the part."""
        return self._all(
            "select id, cast(min(case_id) as text), held.since from listed join held on owner = id"
            f" where state in ({self._in(states)})"
            " and held.since = (select max(since) from held where owner = id) group by id"
        )

    def held_by(self, *states: str) -> list[tuple[str, str]]:
        """All cases of the conversations of these states, with their owner."""
        return self._all(
            "select id, cast(case_id as text) from listed join held on owner = id"
            f" where state in ({self._in(states)}) order by case_id"
        )

    def count(self, *states: str) -> int:
        """Conversations of these states, or of all."""
        [(count,)] = self._all(f"select count(*) from listed where state in ({self._in(states or self._numbers)})")
        return int(count)

    def cases(self) -> int:
        [(count,)] = self._all("select count(*) from held")
        return int(count)

    def _in(self, states: Iterable[str]) -> str:
        return ", ".join(str(self._numbers[state]) for state in states if state in self._numbers)

    def _all(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        return self._database.execute(query, values).fetchall()
