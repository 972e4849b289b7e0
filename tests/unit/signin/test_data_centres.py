"""Whoever agrees may be at home in another data centre than the client: the code goes there, and so does all else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from dotenv import dotenv_values

from centres import played
from cody2zoho.cli import consent
from cody2zoho.errors import Cody2ZohoError
from cody2zoho.processes.ports import free_port
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
    for named in ("https://accounts.zoho.eu", "https://accounts.of-a-new-data-centre.example"):
        assert here.where_the_code_counts(redirect.Redirect("code", "eu", named)).accounts_url == server.url


def test_whoever_begins_at_zoho_com_and_lives_in_europe_gets_both_lines(
    server, organisation, tmp_path, browser
) -> None:
    """With Zoho's own addresses, over TLS: only the machines behind them are not Zoho's."""
    organisation.knobs.location, organisation.knobs.accounts_server = "eu", "https://accounts.zoho.eu"
    organisation.knobs.api_domain = "https://www.zohoapis.eu"
    env = Path(".env")
    env.write_text(f"ZOHO_CLIENT_ID={DEMO_CLIENT_ID}\nZOHO_CLIENT_SECRET={DEMO_CLIENT_SECRET}\n#ZOHO_DATA_CENTER=com\n")
    command = [sys.executable, "-m", "cody2zoho", "auth", "login", "--port", str(free_port())]
    with played(server.port, tmp_path) as believing:
        variables = {**os.environ, **believing}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    assert "https://accounts.zoho.com/oauth/v2/auth?" in done.stdout
    assert "ZOHO_REFRESH_TOKEN and ZOHO_DATA_CENTER are kept in .env" in done.stdout
    assert "signed in to Simulated Company" in done.stdout
    assert dotenv_values(env)["ZOHO_DATA_CENTER"] == "eu"
    assert dotenv_values(env)["ZOHO_REFRESH_TOKEN"] in organisation.accounts.refresh_tokens


def test_whoever_agrees_nowhere_is_not_waited_for_without_end(server) -> None:
    here = SignIn(settings(zoho_accounts_url=server.url), DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, "com")
    with pytest.raises(Cody2ZohoError, match="Nobody agreed within"):
        consent.consent(here, free_port(), opens=False, seconds=0.05)
