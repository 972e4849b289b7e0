"""What comes back from the consent page is taken for this sign-in only, and leads to a server that is known only."""

from urllib.parse import urlencode

import pytest

from cody2zoho.errors import AccessRevoked
from cody2zoho.settings import DATA_CENTERS
from cody2zoho.signin import redirect
from cody2zoho.signin.redirect import Redirect

STATE = "the-state"


def query(**parts: str) -> str:
    return urlencode({"state": STATE, **{name.replace("_", "-"): value for name, value in parts.items()}})


def test_a_code_comes_with_the_server_that_exchanges_it() -> None:
    found = redirect.of(query(code="1000.a.b", location="eu", accounts_server="https://accounts.zoho.eu"), STATE)
    assert found == Redirect("1000.a.b", "eu", "https://accounts.zoho.eu")
    assert "1000.a.b" not in repr(found)


@pytest.mark.parametrize("given", ["code=1", "code=1&state=other", "code=1&state=", "code=1&state=the-statE"])
def test_an_answer_with_another_state_is_none(given: str) -> None:
    with pytest.raises(AccessRevoked, match="another sign-in"):
        redirect.of(given, STATE)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("access_denied", "choose Accept"),
        ("invalid_client", "check ZOHO_CLIENT_ID"),
        ("invalid_scope", "sign in as a user of Zoho CRM"),
        ("invalid_redirect_uri", "exactly as it is shown"),
        ("something_new", "gives no code: something_new"),
        ("<b>1000.a.b</b>", "gives no code: an error without a name"),
    ],
)
def test_a_refusal_is_said_in_words(error: str, says: str) -> None:
    with pytest.raises(AccessRevoked, match=says):
        redirect.of(query(error=error), STATE)


@pytest.mark.parametrize("name", DATA_CENTERS)
def test_the_accounts_server_tells_the_data_centre(name: str) -> None:
    assert redirect.centre(Redirect("code", "us", DATA_CENTERS[name][0])) == name


@pytest.mark.parametrize(("location", "name"), [("us", "com"), ("eu", "eu"), ("au", "com.au"), ("mars", ""), ("", "")])
def test_without_a_server_the_location_does(location: str, name: str) -> None:
    assert redirect.centre(Redirect("code", location)) == name


@pytest.mark.parametrize(
    "server", ["https://accounts.zoho.evil", "http://accounts.zoho.eu", "https://accounts.zoho.eu.evil.com", "junk"]
)
def test_the_secret_goes_to_no_server_that_is_not_known(server: str) -> None:
    with pytest.raises(AccessRevoked, match="not known"):
        redirect.centre(Redirect("code", "eu", server))


@pytest.mark.parametrize(
    ("pasted", "found"),
    [
        ("http://localhost:8400/callback?code=a&state=b\n", "code=a&state=b"),
        ("  <http://localhost:8400/callback?error=access_denied&state=b>  ", "error=access_denied&state=b"),
        ("http://localhost:8400/callback", ""),
        ("1000.a.b", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_an_address_that_was_copied_out_of_a_browser_is_understood(pasted: str, found: str) -> None:
    assert redirect.query_of(pasted) == found
