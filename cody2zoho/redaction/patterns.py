"""The operator's own patterns, as RE2 understands them: whatever a visitor types, it reads each text once."""

from collections.abc import Iterator, Mapping
from typing import Any

from cody2zoho.redaction.folding import Span


class Patterns:
    def __init__(self, patterns: Mapping[str, str]) -> None:
        # Not before somebody wants it: it takes 10 ms and 3 MB.
        import re2  # noqa: PLC0415

        options = re2.Options()
        options.log_errors = False
        self._patterns: list[tuple[str, Any]] = [(name, re2.compile(one, options)) for name, one in patterns.items()]

    def find(self, text: str) -> Iterator[tuple[Span, str]]:
        """Spans, each with the name of its pattern."""
        for name, pattern in self._patterns:
            for match in pattern.finditer(text):
                if match.end() > match.start():
                    yield match.span(), name
