"""What is asked of Redis, fit to be shown: the command and our keys, and of all else only how much there is.

Values hold tokens and what customers wrote, and so may the keys of other programs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: A line of MONITOR: second, database and who asked, then each word in quotation marks.
_LINE = re.compile(r"(\d+\.\d+) \[(\d+) (.*?)\] (.*)", re.DOTALL)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)

#: Commands have letters, and some a part behind a blank or a bar; whatever else comes is no command of Redis's own.
_COMMAND = re.compile(r"[A-Za-z_.|-]{1,32}")

#: Keys of a script; whatever an odd client writes there instead is none.
_COUNT = re.compile(r"[0-9]{1,4}")

#: Commands whose second word is a part of them.
_IN_TWO = ("CLIENT", "CONFIG", "SCRIPT", "XINFO", "XGROUP", "ACL", "MEMORY", "OBJECT", "CLUSTER", "SLOWLOG", "LATENCY")

#: Keys of one command that are shown.
_SHOWN_KEYS = 3


@dataclass(frozen=True)
class Asked:
    """One line of MONITOR."""

    second: float
    who: str
    words: str


def asked(line: str, prefix: str) -> Asked | None:
    """None where it is no such line."""
    found = _LINE.match(line)
    if found is None:
        return None
    second, _, who, words = found.groups()
    return Asked(float(second), who, shown(_WORD.findall(words), prefix))


def shown(words: Sequence[str], prefix: str) -> str:
    """`HSET {cody2zoho}:signs …2`: our keys as they are, and how many words are left out."""
    if not words or not _COMMAND.fullmatch(words[0]):
        return "(no command of Redis)"
    command, rest = words[0].upper(), list(words[1:])
    if command in _IN_TWO and rest and _COMMAND.fullmatch(rest[0]):
        command = f"{command} {rest.pop(0).upper()}"
    ours = [word for word in _where_keys_stand(command, rest) if word.startswith(prefix)]
    keys = [word for word in ours if word.isprintable() and len(word) <= 200][:_SHOWN_KEYS]
    left_out = len(rest) - len(keys)
    return " ".join([command, *keys, *([f"…{left_out}"] if left_out else [])])


def _where_keys_stand(command: str, rest: list[str]) -> list[str]:
    """A value may begin with our prefix, too; so only where a command has keys."""
    if command in ("EVAL", "EVALSHA", "FCALL"):
        count = int(rest[1]) if len(rest) > 1 and _COUNT.fullmatch(rest[1]) else 0
        return rest[2 : 2 + count]
    if command in ("BRPOP", "BLPOP", "DEL", "UNLINK", "EXISTS", "MGET", "WATCH", "TOUCH"):
        return rest
    return rest[:1]
