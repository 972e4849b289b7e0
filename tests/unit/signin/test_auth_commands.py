"""`cody2zoho auth`: each command as its user calls it, against the simulated Zoho, with `.env` in the folder."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
from dotenv import dotenv_values

from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.cli.auth import auth
from cody2zoho.cli.init_sign_in import signed_in as signed_in_already
from cody2zoho.processes.ports import free_port
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.zoho import DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN
from cody2zoho.zoho.scopes import ASKED
from terminal import at_terminal

REFRESH = "POST /oauth/v2/token"


@pytest.fixture
def signed_in(env) -> Path:
    env.write_text(env.read_text() + f"ZOHO_REFRESH_TOKEN={DEMO_REFRESH_TOKEN}\n")
    return env


def token_in(file: Path) -> str:
    return dotenv_values(file)["ZOHO_REFRESH_TOKEN"] or ""


def login(*words: str) -> "subprocess.CompletedProcess[str]":
    """In a process of its own: Python looks for browsers once."""
    command = [sys.executable, "-m", "cody2zoho", "auth", "login", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)


# -- with a browser


def test_login_keeps_a_token_that_works_and_changes_nothing_else(env, browser, organisation, call) -> None:
    before = env.read_text()
    done = login("--port", str(free_port()))
    assert done.returncode == 0, done.stderr
    assert "signed in to Simulated Company (production); its Cases can be read" in done.stdout
    token = token_in(env)
    assert env.read_text() == before + f"ZOHO_REFRESH_TOKEN={token}\n"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert organisation.accounts.refresh_tokens[token].scopes == ASKED
    assert token not in done.stdout + done.stderr
    assert "Go back to the terminal" in browser.read_text()
    assert call("auth", "status").exit_code == 0


def test_login_asks_for_no_more_than_the_job_takes(env, browser) -> None:
    done = login("--port", str(free_port()))
    [address] = [line.strip() for line in done.stdout.splitlines() if "/oauth/v2/auth?" in line]
    assert f"scope={','.join(ASKED)}&" in address
    assert "access_type=offline" in address
    assert DEMO_CLIENT_SECRET not in done.stdout


def test_whoever_does_not_agree_is_told_what_to_do(env, browser, organisation) -> None:
    organisation.knobs.consent = False
    before = env.read_text()
    done = login("--port", str(free_port()))
    assert done.returncode == 1
    assert "Nobody agreed at Zoho's consent page (access_denied)" in done.stderr
    assert "The terminal says why" in browser.read_text()
    assert env.read_text() == before


@pytest.mark.parametrize("elsewhere", ["invalid_code", "invalid_client"])
def test_a_code_of_another_data_centre_is_said(env, browser, organisation, elsewhere: str) -> None:
    """With ZOHO_ACCOUNTS_URL the operator says where; what the redirect says does not count."""
    organisation.knobs.accounts_server, organisation.knobs.elsewhere = "https://accounts.zoho.eu", elsewhere
    done = login("--port", str(free_port()))
    assert done.returncode == 1
    assert elsewhere in done.stderr
    assert "data cent" in done.stderr


def test_a_token_that_was_kept_and_does_not_do_the_job_is_said(env, browser, server) -> None:
    server.faults.add(Fault("500", simulator="zoho", path="/crm/*"))
    done = login("--port", str(free_port()))
    assert done.returncode == 1
    assert "Zoho is out of order (500)" in done.stderr
    assert token_in(env)


def test_a_port_that_is_taken_is_a_sentence(env, server) -> None:
    done = login("--port", str(server.port), "--no-browser")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "take another with --port" in done.stderr


def test_a_person_without_a_browser_here_pastes_the_address(env, organisation, tmp_path) -> None:
    port = free_port()
    with at_terminal("auth", "login", "--port", str(port), folder=tmp_path) as terminal:
        terminal.see(f"ssh -L {port}:localhost:{port}").see("press Enter.")
        [address] = [line.strip() for line in terminal.shown.splitlines() if "/oauth/v2/auth?" in line]
        terminal.type("no address")
        terminal.type(ended_at(address))
        terminal.see("signed in to Simulated Company")
        assert terminal.end() == 0
    assert token_in(env) in organisation.accounts.refresh_tokens


def ended_at(address: str) -> str:
    """Where the consent page sends a browser that cannot go there."""
    asked = subprocess.run(
        [sys.executable, "-c", _ASKED, address], capture_output=True, text=True, timeout=30, check=True
    )
    return asked.stdout.strip()


_ASKED = """
import sys, requests
print(requests.get(sys.argv[1], allow_redirects=False, timeout=20).headers["Location"])
"""


def test_ctrl_c_ends_a_login_and_nothing_was_kept(env, tmp_path) -> None:
    before = env.read_text()
    with at_terminal("auth", "login", "--port", str(free_port()), folder=tmp_path) as terminal:
        terminal.see("press Enter.")
        assert terminal.interrupt() == 130
        assert "Traceback" not in terminal.shown
    assert env.read_text() == before


def test_client_id_and_secret_are_asked_for_and_kept_and_the_secret_is_not_shown(env, organisation, tmp_path) -> None:
    organisation.accounts.add_client("1000.TYPED", "typed-secret")
    env.write_text("\n".join(line for line in env.read_text().splitlines() if "CLIENT" not in line) + "\n")
    with at_terminal("auth", "exchange", folder=tmp_path) as terminal:
        terminal.see("Client id").type("1000.TYP…")
        terminal.see("no credential has; copy it again").see("Client id").type("  ")
        terminal.see("Nothing was typed").see("Client id").type("1000.TYPED")
        terminal.see("Client secret").type("typed-secret")
        terminal.see("Code").type(organisation.accounts.issue_grant_code(client_id="1000.TYPED"))
        terminal.see("signed in to")
        assert terminal.end() == 0
        assert "typed-secret" not in terminal.shown
    assert dotenv_values(env)["ZOHO_CLIENT_ID"] == "1000.TYPED"
    assert dotenv_values(env)["ZOHO_CLIENT_SECRET"] == "typed-secret"


# -- with a code


def test_a_code_comes_through_a_pipe_so_that_no_history_has_it(env, organisation, call) -> None:
    code = organisation.accounts.issue_grant_code()
    done = call("auth", "exchange", given=f"{code}\n")
    assert done.exit_code == 0, done.output
    assert token_in(env) in organisation.accounts.refresh_tokens
    assert code not in done.output
    assert token_in(env) not in done.output


def test_a_code_on_the_command_line_does_as_well(env, organisation, call) -> None:
    assert call("auth", "exchange", organisation.accounts.issue_grant_code()).exit_code == 0
    assert token_in(env) in organisation.accounts.refresh_tokens


def test_a_code_works_once(env, organisation, call) -> None:
    code = organisation.accounts.issue_grant_code()
    call("auth", "exchange", code)
    first = token_in(env)
    again = call("auth", "exchange", code)
    assert (again.exit_code, token_in(env)) == (1, first)
    assert "works once and for a few minutes" in again.output


def test_a_code_with_too_few_scopes_is_kept_and_said(env, organisation, call) -> None:
    done = call("auth", "exchange", organisation.accounts.issue_grant_code(ASKED[1:]))
    assert done.exit_code == 1
    assert f"The token lacks {ASKED[0]}" in done.output


def test_without_the_scope_of_the_organisation_all_else_works(env, organisation, call) -> None:
    assert call("auth", "exchange", organisation.accounts.issue_grant_code(ASKED[:-1])).exit_code == 0
    status = call("auth", "status")
    assert (status.exit_code, "not told: that takes ZohoCRM.org.READ" in status.output) == (0, True)


def test_a_code_for_online_access_only_gives_no_refresh_token(env, organisation, call) -> None:
    done = call("auth", "exchange", organisation.accounts.issue_grant_code(offline=False))
    assert (done.exit_code, "gave no refresh token" in done.output) == (1, True)
    assert not dotenv_values(env).get("ZOHO_REFRESH_TOKEN")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ZOHO_CLIENT_ID", "1000.NOBODY", "invalid_client"),
        ("ZOHO_CLIENT_SECRET", "wrong-secret", "invalid_client_secret"),
    ],
)
def test_a_client_that_zoho_does_not_know_is_said(env, organisation, call, name: str, value: str, says: str) -> None:
    env.write_text(env.read_text() + f"{name}={value}\n")
    done = call("auth", "exchange", organisation.accounts.issue_grant_code())
    assert (done.exit_code, f"({says})" in done.output) == (1, True)
    assert "wrong-secret" not in done.output


def test_the_eleventh_exchange_in_ten_minutes_is_told_to_wait(env, organisation, call) -> None:
    done = [call("auth", "exchange", organisation.accounts.issue_grant_code()) for _ in range(11)]
    assert [one.exit_code for one in done] == [0] * 10 + [1]
    assert "ten in ten minutes are the most" in done[-1].output


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("invalid_redirect_uri", "enter it in the console exactly"),
        ("general_error", "make a new code"),
        ("Access Denied", "ten in ten minutes"),
        ("access_denied", "ten in ten minutes"),
        ("missing_org_info", "gives no refresh token: missing_org_info"),
        ("<script>", "an error without a name"),
    ],
)
def test_every_error_of_the_accounts_server_is_a_sentence(env, answering, call, error: str, says: str, status) -> None:
    answering(status, json.dumps({"error": error}))
    done = call("auth", "exchange", "1000.secret.code")
    assert (done.exit_code, says in done.output, done.output.count("\n")) == (1, True, 1)
    assert "1000.secret.code" not in done.output


def test_a_proxy_that_answers_is_not_zoho(env, answering, call) -> None:
    answering(200, "<html>")
    assert "not JSON" in call("auth", "exchange", "1000.secret.code").output


# -- where it would be in vain


def test_a_code_is_not_used_up_where_its_token_could_not_be_kept(env, organisation, call) -> None:
    code = organisation.accounts.issue_grant_code()
    before = set(organisation.accounts.refresh_tokens)
    # A link to a folder that is not there yet stands for all that cannot be written.
    kept = env.rename("kept")
    env.symlink_to("missing/.env")
    environment = {name: value or "" for name, value in dotenv_values(kept).items()}
    done = call("auth", "exchange", code, env=environment)
    assert (done.exit_code, "cannot be written: No such file or directory" in done.output) == (2, True), done.output
    assert set(organisation.accounts.refresh_tokens) == before


def test_a_token_in_the_environment_would_hide_the_new_one(env, monkeypatch, call) -> None:
    monkeypatch.setenv("ZOHO_REFRESH_TOKEN", "1000.old.token")
    done = call("auth", "exchange", "1000.a.code")
    assert (done.exit_code, "comes from the environment, which counts before .env" in done.output) == (2, True)
    assert "1000.old.token" not in done.output


def test_a_token_in_a_file_would_clash_with_the_new_one(env, call) -> None:
    Path("token").write_text("1000.old.token\n")
    with Path(".env").open("a") as written:
        written.write("ZOHO_REFRESH_TOKEN_FILE=token\n")
    before = Path(".env").read_bytes()
    done = call("auth", "exchange", "1000.a.code")
    says = "ZOHO_REFRESH_TOKEN comes from ZOHO_REFRESH_TOKEN_FILE, which counts before .env: take it away there first."
    assert (done.exit_code, says in done.output) == (2, True), done.output
    assert Path(".env").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("exchange",), "There is no code"),
        (("exchange", "1", "--data-center", "mars"), "There is no data centre mars"),
        (("exchange", "1", "--data-center", "eu"), "does not count while ZOHO_ACCOUNTS_URL is set"),
        (("status",), "ZOHO_REFRESH_TOKEN is not set: sign in"),
        (("token",), "ZOHO_REFRESH_TOKEN is not set: sign in"),
        (("refresh",), "ZOHO_REFRESH_TOKEN is not set: sign in"),
        (("revoke", "--yes"), "ZOHO_REFRESH_TOKEN is not set: sign in"),
    ],
)
def test_bad_input_is_a_sentence(env, call, words: tuple[str, ...], says: str) -> None:
    done = call("auth", *words)
    assert (done.exit_code, says in done.output) == (2, True), done.output


def test_without_a_terminal_a_missing_client_is_a_sentence(env, call) -> None:
    env.write_text("")
    done = call("auth", "exchange", "1000.a.code")
    assert (done.exit_code, "ZOHO_CLIENT_ID is not set, and there is no terminal" in done.output) == (2, True)


def test_where_simulators_stand_in_there_is_nothing_to_sign_in_to(server, call, monkeypatch) -> None:
    monkeypatch.setenv("SIMULATORS_URL", server.url)
    assert "SIMULATORS_URL stands in" in call("auth", "exchange", "1000.a.code").output


# -- status, refresh, token, revoke


def test_status_tells_whose_it_is_and_what_it_is_worth(signed_in, call, server) -> None:
    shown = call("auth", "status")
    assert shown.exit_code == 0
    for words in ("Simulated Company (production", "all that are needed", "for 59 minutes", "8 more are allowed"):
        assert words in shown.output
    assert DEMO_REFRESH_TOKEN not in shown.output
    # The next one looks at the token that all workers share.
    call("auth", "status")
    assert server.journal["zoho"].kinds[REFRESH] == 1


def test_status_for_scripts(signed_in, organisation, call) -> None:
    told = json.loads(call("auth", "status", "--json").output)
    assert told["organisation"] == {"id": organisation.zgid, "name": "Simulated Company", "type": "production"}
    assert (told["serves"], told["wrong"], told["scopes"]["missing"]) == (True, None, [])
    assert 3_500 < told["access_token"]["seconds_left"] <= 3_600
    assert told["refreshes"] == {"left": 8, "pause_seconds": 0}


def test_status_of_a_token_that_was_revoked(signed_in, organisation, call) -> None:
    organisation.accounts.revoke(DEMO_REFRESH_TOKEN)
    shown = call("auth", "status")
    assert (shown.exit_code, "✗ Zoho refuses ZOHO_REFRESH_TOKEN (invalid_code)" in shown.output) == (1, True)
    told = json.loads(call("auth", "status", "--json").output)
    assert (told["serves"], told["organisation"], told["access_token"]) == (False, None, {"seconds_left": 0})


def test_status_of_a_token_that_lacks_a_scope(env, organisation, call) -> None:
    token = organisation.accounts.issue_refresh_token(ASKED[1:])
    env.write_text(env.read_text() + f"ZOHO_REFRESH_TOKEN={token}\n")
    shown = call("auth", "status")
    assert (shown.exit_code, f"✗ {ASKED[0]} missing" in shown.output) == (1, True)


def test_status_needs_nothing_of_cody(signed_in, call) -> None:
    signed_in.write_text(
        "".join(line for line in signed_in.read_text().splitlines(True) if not line.startswith("CODY_API_KEY"))
    )
    assert call("auth", "status").exit_code == 0


def test_refresh_gives_all_workers_a_new_token_within_what_zoho_allows(signed_in, call, server) -> None:
    first = call("auth", "token").output
    assert call("auth", "refresh").exit_code == 0
    assert call("auth", "token").output != first
    done = [call("auth", "refresh") for _ in range(8)]
    assert [one.exit_code for one in done] == [0] * 7 + [1]
    assert "As many access tokens as Zoho allows were fetched already" in done[-1].output
    assert server.journal["zoho"].kinds[REFRESH] == 9


def test_refresh_lets_go_on_what_a_refused_token_blocked(signed_in, organisation, call, plugged) -> None:
    worker = plugged()
    worker.blocks.put("zoho", "Zoho refuses ZOHO_REFRESH_TOKEN")
    assert call("auth", "refresh").exit_code == 0
    assert worker.blocks.current() == {}


def test_token_prints_the_token_alone(signed_in, organisation, call) -> None:
    done = call("auth", "token")
    assert done.stdout.rstrip("\n") in organisation.accounts.access_tokens
    assert done.stderr == ""


def test_revoke_ends_the_token_at_zoho_in_redis_and_in_the_file(signed_in, organisation, call, store) -> None:
    value = call("auth", "token").output.strip()
    done = call("auth", "revoke", "--yes")
    assert done.exit_code == 0, done.output
    assert organisation.accounts.alive(value) is None
    assert DEMO_REFRESH_TOKEN not in organisation.accounts.refresh_tokens
    assert value not in "".join(str(store.get(key)) for key in store.scan_iter(match="*token:zoho"))
    assert "ZOHO_REFRESH_TOKEN=\n" in signed_in.read_text()
    assert "ZOHO_REFRESH_TOKEN is not set: sign in" in call("auth", "status").output


def test_revoking_what_is_revoked_tidies_up_all_the_same(signed_in, organisation, call) -> None:
    organisation.accounts.revoke(DEMO_REFRESH_TOKEN)
    done = call("auth", "revoke", "--yes")
    assert (done.exit_code, "does not know the token: revoked before, or" in done.output) == (0, True)
    assert "ZOHO_REFRESH_TOKEN=\n" in signed_in.read_text()


def test_a_token_that_got_out_is_revoked_also_while_redis_is_away(signed_in, organisation, call) -> None:
    with signed_in.open("a") as written:
        written.write(f"REDIS_URL=redis://127.0.0.1:{free_port()}/0\n")
    done = call("auth", "revoke", "--yes")
    assert (done.exit_code, "Redis does not answer" in done.output) == (1, True)
    assert "✓ the token is revoked" in done.output
    assert DEMO_REFRESH_TOKEN not in organisation.accounts.refresh_tokens
    assert "ZOHO_REFRESH_TOKEN=\n" in signed_in.read_text()


def test_revoke_asks_and_a_pipe_cannot_answer(signed_in, organisation, call) -> None:
    done = call("auth", "revoke", given="y\n")
    assert (done.exit_code, "add --yes" in done.output) == (2, True)
    assert DEMO_REFRESH_TOKEN in organisation.accounts.refresh_tokens


def test_revoke_says_what_stops_and_no_is_no(signed_in, organisation, tmp_path) -> None:
    with at_terminal("auth", "revoke", folder=tmp_path) as terminal:
        terminal.see("no case is made until somebody signs").see("Revoke it?").type("n")
        assert terminal.end() == 1
    assert DEMO_REFRESH_TOKEN in organisation.accounts.refresh_tokens


def test_whoever_stops_at_the_question_has_revoked_nothing(signed_in, organisation, tmp_path) -> None:
    with at_terminal("auth", "revoke", folder=tmp_path) as terminal:
        terminal.see("Revoke it?")
        assert terminal.interrupt() == 130
    assert DEMO_REFRESH_TOKEN in organisation.accounts.refresh_tokens


def test_revoke_when_zoho_is_out_of_order_keeps_all(signed_in, server, call) -> None:
    server.faults.add(Fault("503", simulator="zoho", path="/oauth/v2/token/revoke"))
    assert call("auth", "revoke", "--yes").exit_code == 1
    assert token_in(signed_in) == DEMO_REFRESH_TOKEN


# -- init


def test_init_without_a_terminal_is_one_sentence(env, call) -> None:
    done = call("init")
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert "there is no terminal to answer at" in done.output


@pytest.mark.parametrize(
    ("words", "says"), [("init", "there is no terminal to answer at"), ("auth exchange", "There is no code")]
)
def test_a_closed_standard_input_is_no_terminal(env, store, monkeypatch, capsys, words: str, says: str) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as ended:
        main.main(words.split())
    assert (ended.value.code, says in capsys.readouterr().err) == (2, True)


def test_init_does_not_keep_a_token_that_lacks_a_scope(organisation, plugged, capsys) -> None:
    token = organisation.accounts.issue_refresh_token(ASKED[1:])
    assert not signed_in_already(plugged(zoho_refresh_token=token))
    assert f"The token lacks {ASKED[0]}: sign in again" in capsys.readouterr().out
    assert signed_in_already(plugged(zoho_refresh_token=organisation.accounts.issue_refresh_token(ASKED)))


# -- the page


def test_every_command_of_auth_is_documented_with_every_option() -> None:
    text = (Path(__file__).parents[3] / "docs" / "commands.md").read_text()
    for name, command in auth.commands.items():
        _, _, behind = text.partition(f"## `cody2zoho auth {name}`\n")
        about = behind.partition("\n## ")[0]
        assert about, name
        options = {one for each in command.params if isinstance(each, click.Option) for one in each.opts}
        documented = {line.split("`")[1] for line in about.splitlines() if line.startswith("| `")}
        assert documented == options, name


def test_the_settings_are_read_afresh_after_a_sign_in(env, organisation, call) -> None:
    call("auth", "exchange", organisation.accounts.issue_grant_code())
    assert configuration.settings().zoho_refresh_token.get_secret_value() == token_in(env)
