"""What a token lacks of what the job takes."""

import pytest

from cody2zoho.zoho import scopes

CASES = "ZohoCRM.modules.cases."


@pytest.mark.parametrize(
    ("held", "lacking"),
    [
        (scopes.SCOPES, []),
        (scopes.ASKED, []),
        ([scope.upper() for scope in scopes.SCOPES], []),
        (["ZohoCRM.modules.ALL", "ZohoCRM.coql.READ", "ZohoCRM.settings.ALL"], []),
        (scopes.SCOPES[1:], [scopes.SCOPES[0]]),
        ([*scopes.SCOPES[1:], f"{CASES}READ", f"{CASES}CREATE"], [scopes.SCOPES[0]]),
        ([*scopes.SCOPES[1:], f"{CASES}READ", f"{CASES}CREATE", f"{CASES}WRITE", f"{CASES}DELETE"], []),
        ([*scopes.SCOPES[1:], "ZohoCRM.ALL"], [scopes.SCOPES[0]]),
        ([*scopes.SCOPES[1:], "ZohoCRM.modules.cases_of_mine.ALL"], [scopes.SCOPES[0]]),
        ([], list(scopes.SCOPES)),
    ],
)
def test_a_shorter_scope_covers_what_lies_below_it(held: list[str], lacking: list[str]) -> None:
    assert scopes.missing(held) == lacking
