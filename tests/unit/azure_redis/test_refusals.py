"""Azure's refusals are one sentence with a remedy, and give nothing away."""

import json
import re
import socket
import subprocess
import sys

import pytest

from arm import HUNG_UP, TOKEN

_DENIED = (
    "AuthorizationFailed|The client 'ann@shop.example' does not have authorization to perform action "
    "'Microsoft.Cache/redis/read' over scope '/subscriptions/x'."
)


@pytest.mark.parametrize(
    ("status", "code", "headers", "sentence"),
    [
        (
            403,
            _DENIED,
            {},
            "in Azure (Microsoft.Cache/redis/read): have somebody give it the role Reader;",
        ),
        (404, "SubscriptionNotFound", {}, "Azure knows no such thing (SubscriptionNotFound): see --name"),
        (409, "Conflict", {}, "Azure is busy with that instance (Conflict): wait until it is Running"),
        (429, "TooManyRequests", {"Retry-After": "17"}, "wants to be left alone for 17 seconds"),
        (429, "TooManyRequests", {}, "wants to be left alone for a while"),
        (503, "ServerTimeout", {}, "Azure has a fault of its own (503 ServerTimeout): try again later."),
        (401, "ExpiredAuthenticationToken", {}, "Azure does not take this sign-in: run az login again"),
        (400, "BadRequest|See https://a.example/b?sig=SECRET or write to ann@shop.example", {}, "Azure refuses that"),
    ],
)
def test_a_refusal_is_a_sentence_with_a_remedy(azure, call, status, code, headers, sentence) -> None:
    azure.refuses = [(r"/providers/Microsoft\.Cache/redis$", status, code, headers)]
    refused = call("show")

    assert refused.exit_code == 1
    assert sentence in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not re.search("SECRET|ann@shop", refused.stderr)
    assert refused.stdout == ""


def test_what_is_refused_is_asked_once(azure, call) -> None:
    """Azure's libraries would try ten times, and wait as long as they are told each time."""
    azure.refuses = [(r"/Microsoft\.Cache/redis$", 429, "TooManyRequests", {"Retry-After": "1"})]
    call("show")

    assert sum(path.endswith("Microsoft.Cache/redis") for _, path, _ in azure.asked) == 1


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("Microsoft.Cache/redis/listKeys/action", "Redis Cache Contributor"),
        ("Microsoft.Cache/redisEnterprise/read", "Reader"),
        ("Microsoft.Cache/redisEnterprise/databases/listKeys/action", "Azure Managed Redis Contributor"),
        ("Microsoft.Insights/metrics/read", "Monitoring Reader"),
        ("Microsoft.OperationalInsights/workspaces/query/read", "Log Analytics Reader"),
    ],
)
def test_a_missing_right_names_the_smallest_role_that_has_it(azure, call, action, role) -> None:
    azure.refuses = [("/Microsoft.Cache/redis$", 403, f"AuthorizationFailed|perform action '{action}' over", {})]

    assert f"give it the role {role};" in call("show").stderr


def test_nobody_signed_in_says_how_to_sign_in(azure, call, monkeypatch) -> None:
    monkeypatch.delenv("IDENTITY_ENDPOINT")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    monkeypatch.setenv("PATH", "")
    refused = call("show")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("Nobody is signed in to Azure: run az login, or set AZURE_TENANT_ID")
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AZURE_TOKEN_CREDENTIALS", "mine", "Invalid value for AZURE_TOKEN_CREDENTIALS: mine"),
        ("AZURE_TENANT_ID", "our tenant", "Invalid tenant ID provided"),
        ("AZURE_AUTHORITY_HOST", "http://login.example", "'http://login.example' is an invalid authority"),
    ],
)
def test_a_sign_in_that_is_set_up_wrongly_names_what_to_look_at(azure, call, monkeypatch, name, value, said) -> None:
    login = {"AZURE_TOKEN_CREDENTIALS": "prod", "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"}
    for each, given in (login | {"AZURE_CLIENT_SECRET": "SECRET", name: value}).items():
        monkeypatch.setenv(each, given)
    refused = call("show")

    assert refused.exit_code == 2
    assert refused.stderr.startswith(
        f"See AZURE_TENANT_ID, AZURE_AUTHORITY_HOST and AZURE_TOKEN_CREDENTIALS, one is wrong: {said}"
    )
    assert "SECRET" not in refused.stderr


def test_who_is_signed_in_with_az_needs_nothing_else(azure, call, monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("IDENTITY_ENDPOINT")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")
    token = {"accessToken": TOKEN, "expiresOn": "2100-01-01 00:00:00.000000", "expires_on": 4102444800}
    program = tmp_path / "bin" / "az"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{json.dumps(token)}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    assert call("show").exit_code == 0


def test_a_token_that_azure_does_not_know_is_not_called_a_missing_right(azure, call) -> None:
    azure.refuses = [("", 401, "InvalidAuthenticationToken", {})]

    assert "does not take this sign-in" in call("show").stderr


def test_an_azure_that_cannot_be_reached_is_a_passing_fault(azure, call, monkeypatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AZURE_MANAGEMENT_URL", f"https://127.0.0.1:{taken.getsockname()[1]}")
        refused = call("show")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("Azure cannot be reached (")
    assert "see to the network, a proxy, and AZURE_MANAGEMENT_URL" in refused.stderr


def test_an_answer_that_does_not_arrive_is_a_passing_fault(azure, call) -> None:
    azure.refuses = [("/Microsoft.Cache/redis$", HUNG_UP, "", {})]
    refused = call("show")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("Azure's answer did not arrive (")


@pytest.mark.parametrize(
    ("hidden", "words"),
    [
        ("/subscriptions$", "show"),
        ("/Microsoft.Cache/redis$", "show"),
        ("metricAlerts", "alerts"),
        ("/query$", "logs"),
        ("listKeys", "keys"),
    ],
)
def test_a_page_of_something_on_the_way_is_not_taken_for_azure(azure, call, hidden, words) -> None:
    azure.hidden = hidden
    refused = call(words)

    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1].startswith("What answers is not Azure: see to a proxy that wants a log-in")


@pytest.mark.parametrize("service", ["azure", "classic"])
def test_a_change_that_something_else_answered_may_have_been_made(request, call, service) -> None:
    request.getfixturevalue(service).hidden = "regenerateKey"

    told = call("regenerate-key", "primary", "--yes")
    assert told.exit_code == 1
    assert re.match("Azure (did not say whether it did it|has begun, and cannot be asked)", told.stderr)


def test_a_certificate_nobody_vouches_for_is_not_trusted(azure, call, monkeypatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    refused = call("show")

    assert refused.exit_code == 1
    assert azure.asked == []


def test_the_token_is_told_to_nobody_but_azure(azure, call) -> None:
    for command in ("show", "metrics", "diagnostics", "logs", "health", "keys"):
        assert TOKEN not in call(command).output


def test_without_the_libraries_a_command_says_how_to_get_them(call, azure, tmp_path) -> None:
    code = (
        "import sys; sys.modules['azure'] = None\n"
        "from cody2zoho.cli import main; main(['azure', 'redis', 'show'], prog_name='cody2zoho')"
    )
    refused = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

    assert refused.returncode == 2
    assert "pip install 'cody2zoho[azure-admin]'" in refused.stderr
    assert "Traceback" not in refused.stderr
