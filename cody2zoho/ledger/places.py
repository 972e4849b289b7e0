"""How far each bot's list at Cody is known.

Keys, below the prefix:
    poll:<bot>  hash  see `Place`, the page that the sweep read last, read_at and awaited, see below
    sync:since  str   the line drawn by the first poll that read a conversation, in Unix seconds
"""

from dataclasses import asdict, dataclass

import redis


@dataclass(frozen=True)
class Place:
    """How far a bot's list is known, newest first. Times are `created_at`, in Unix seconds.

    Everything up to `known_to` is known, and everything after `top` is new. Where the list was too long for one
    poll, at least `offset` rows from its top have been read, and the rest down to `known_to` is still to come.
    """

    known_to: int
    top: int
    offset: int = 0


@dataclass(frozen=True)
class Places:
    """Shared by all workers."""

    store: redis.Redis
    prefix: str

    def line(self) -> int | None:
        """The Unix second before which conversations do not count, 0 where all do; None before it is drawn."""
        drawn = self.store.get(f"{self.prefix}sync:since")
        return None if drawn is None else int(drawn)

    def line_or(self, wanted: int | None) -> int:
        """The line, or where it would be drawn now; looking draws none."""
        drawn = self.line()
        return drawn if drawn is not None else wanted or 0

    def draw_line(self, wanted: int) -> int:
        """The line as it is from now on for ever: `wanted`, unless it was drawn before."""
        self.store.set(f"{self.prefix}sync:since", wanted, nx=True)
        return int(self.store.get(f"{self.prefix}sync:since") or 0)

    def place(self, bot: str, line: int) -> Place:
        found = self.store.hgetall(self._key(bot))
        known_to = int(found.get("known_to", line - 1))
        return Place(known_to, int(found.get("top", known_to)), int(found.get("offset", 0)))

    def keep_place(self, bot: str, place: Place) -> None:
        self.store.hset(self._key(bot), items=[part for pair in asdict(place).items() for part in pair])

    def swept(self, bot: str) -> int:
        """The page of the bot's list that the sweep read last; 0 before its first."""
        return int(self.store.hget(self._key(bot), "swept") or 0)

    def keep_swept(self, bot: str, page: int) -> None:
        self.store.hset(self._key(bot), "swept", page)

    def read_at(self, bot: str) -> float:
        """The Unix second at which the bot's list was read last, as far as our limits let us; 0 before that."""
        return float(self.store.hget(self._key(bot), "read_at") or 0)

    def keep_read_at(self, bot: str, second: float) -> None:
        self.store.hset(self._key(bot), "read_at", str(int(second)))

    def awaited_since(self, bot: str, second: float) -> float:
        """The Unix second at which somebody first asked for that; it is `second` where nobody has yet."""
        self.store.hsetnx(self._key(bot), "awaited", str(int(second)))
        return float(self.store.hget(self._key(bot), "awaited") or second)

    def _key(self, bot: str) -> str:
        return f"{self.prefix}poll:{bot}"
