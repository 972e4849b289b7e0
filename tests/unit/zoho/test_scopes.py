"""What a token lacks of what the job takes."""

import pytest

from cody2zoho.zoho import scopes

CASES = "ZohoCRM.modules.cases."

#: What was asked for once; such a token goes on serving.
BEFORE = (
    *(f"ZohoCRM.modules.{module}.ALL" for module in ("cases", "contacts", "notes", "attachments")),
    "ZohoCRM.coql.READ",
    "ZohoCRM.settings.fields.ALL",
)


@pytest.mark.parametrize(
    ("held", "lacking"),
    [
        (scopes.SCOPES, []),
        (scopes.ASKED, []),
        ([scope.upper() for scope in scopes.SCOPES], []),
        (["ZohoCRM.modules.ALL", "ZohoCRM.coql.READ", "ZohoCRM.settings.ALL"], []),
        (BEFORE, []),
        (scopes.SCOPES[1:], [scopes.SCOPES[0]]),
        ([one for one in scopes.SCOPES if one != f"{CASES}UPDATE"], [f"{CASES}UPDATE"]),
        ([*(one for one in scopes.SCOPES if one != f"{CASES}UPDATE"), f"{CASES}WRITE"], []),
        ([*scopes.SCOPES[1:], "ZohoCRM.ALL"], [scopes.SCOPES[0]]),
        ([*scopes.SCOPES[1:], "ZohoCRM.modules.cases_of_mine.ALL"], [scopes.SCOPES[0]]),
        ([], list(scopes.SCOPES)),
    ],
)
def test_a_shorter_scope_covers_what_lies_below_it(held: list[str], lacking: list[str]) -> None:
    assert scopes.missing(held) == lacking


def test_four_parts_are_all() -> None:
    parts = [f"{CASES}{part}" for part in ("READ", "CREATE", "WRITE", "DELETE")]
    assert scopes.missing(parts, [f"{CASES}ALL"]) == []
    assert scopes.missing(parts[1:], [f"{CASES}ALL"]) == [f"{CASES}ALL"]


def test_a_token_that_got_out_can_delete_nothing() -> None:
    assert not [scope for scope in scopes.ASKED if scope.endswith((".ALL", ".DELETE"))]
