"""Whatever schemathesis thinks of, right and wrong, asked of a server that describes itself."""

from collections.abc import Iterator, Mapping
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS

#: Of so many questions each operation is asked with right, and as many with wrong parts.
_QUESTIONS = 10

_CHECKED = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def ask(document: dict[str, Any], url: str, headers: Mapping[str, str]) -> Iterator[tuple[str, requests.Response]]:
    """Each operation with its answers, which are as the document says; fails where one is not."""
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        for mode in schemathesis.GenerationMode:
            if mode.is_negative and not (operation.query or operation.path_parameters):
                continue
            yield from ((operation.label, answer) for answer in _answers(operation, mode, url, headers))


def _answers(operation: Any, mode: Any, url: str, headers: Mapping[str, str]) -> list[Any]:
    answers: list[Any] = []

    @settings(
        max_examples=_QUESTIONS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: schemathesis.Case) -> None:
        answers.append(case.call(base_url=url, headers=dict(headers)))
        case.validate_response(answers[-1], checks=CHECKS.get_by_names(_CHECKED))

    one()
    return answers
