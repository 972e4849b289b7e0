"""Whoever agrees may be at home in another data centre than the client: the code goes there, and so does all else."""

import requests

from cody2zoho.settings import Settings
from cody2zoho.signin import redirect
from cody2zoho.signin.sign_in import SignIn
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Zoho

BACK, STATE = "http://localhost:8400/callback", "the-state"


def settings(**chosen: object) -> Settings:
    needed = {"cody_api_key": "-", "cody_bot_id": "all", "zoho_refresh_token": "-"}
    client = {"zoho_client_id": DEMO_CLIENT_ID, "zoho_client_secret": DEMO_CLIENT_SECRET}
    return Settings(**{**needed, **client, **chosen})


def agree(sign_in: SignIn) -> redirect.Redirect:
    address = sign_in.grants.consent_address(BACK, STATE)
    sent = requests.get(address, allow_redirects=False, timeout=10)
    return redirect.of(redirect.query_of(sent.headers["Location"]), STATE)


def test_the_code_goes_to_the_data_centre_of_the_person(clock) -> None:
    """The two data centres are two addresses of one Zoho, which knows its codes at the second alone."""
    home = Zoho(clock)
    with SimulatorServer([home]) as server:
        there = server.url.replace("127.0.0.1", "localhost")
        home.knobs.location, home.knobs.accounts_server = "eu", there
        centres = {"com": (server.url, "http://nowhere.invalid"), "eu": (there, there)}
        here = SignIn(settings(), DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, "com", centres)
        answer = agree(here)
        sign_in = here.where_the_code_counts(answer)
        grant = sign_in.grants.exchange(answer.code, BACK)
        assert sign_in.lines(grant) == {"ZOHO_REFRESH_TOKEN": grant.refresh_token, "ZOHO_DATA_CENTER": "eu"}
        # The API is where the token says.
        whose = sign_in.proof(grant)
    assert whose
    assert (whose.name, grant.access.api_domain) == ("Simulated Company", there)
    assert grant.refresh_token not in f"{grant} {sign_in}"


def test_a_person_of_the_same_data_centre_changes_no_setting(clock) -> None:
    home = Zoho(clock)
    with SimulatorServer([home]) as server:
        centres = {"eu": (server.url, server.url)}
        here = SignIn(settings(zoho_data_center="eu"), DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, "eu", centres)
        answer = agree(here)
        grant = here.where_the_code_counts(answer).grants.exchange(answer.code, BACK)
        assert list(here.lines(grant)) == ["ZOHO_REFRESH_TOKEN"]


def test_an_address_that_the_operator_wrote_counts_before_what_a_redirect_says(server) -> None:
    here = SignIn(settings(zoho_accounts_url=server.url), DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, "com")
    answer = redirect.Redirect("code", "eu", "https://accounts.zoho.eu")
    assert here.where_the_code_counts(answer).accounts_url == server.url
