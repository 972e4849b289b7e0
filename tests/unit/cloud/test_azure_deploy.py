"""`cody2zoho azure deploy`: the first time, again, and with whatever there is."""

import sys
from pathlib import Path

import pytest

from clouds import ENV, Cloud
from cody2zoho.cloud.choice import is_pinned
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, Zoho

SECRETS = ("cody-key-that-is-secret", "zoho-secret-that-is-secret", "1000.token-that-is-secret")


def written(tmp_path: Path, *lines: str) -> None:
    (tmp_path / ".env").write_text(ENV + "\n".join(lines) + "\n")


# -- the first time ---------------------------------------------------------------------------


def test_the_first_deployment_makes_all_of_it_and_says_where(cloud: Cloud) -> None:
    done = cloud.first()

    assert done.exit_code == 0, done.output
    assert {f"cody2zoho-{role}" for role in ("worker", "beat", "flower", "ops", "environment")} <= cloud.names
    assert cloud.parameters["redisKind"] == "managed"
    assert "status page  https://cody2zoho-ops.example.azurecontainerapps.io" in done.output
    assert "only from inside" in done.output


def test_secrets_go_to_the_vault_and_all_else_into_the_apps(cloud: Cloud) -> None:
    cloud.first()

    assert {"name": "ZOHO_DATA_CENTER", "value": "eu"} in cloud.parameters["settings"]
    assert cloud.vault["cody-api-key"]["value"] == SECRETS[0]
    assert cloud.vault["zoho-refresh-token"]["value"] == SECRETS[2]
    assert {"setting": "CODY_API_KEY", "secret": "cody-api-key"} in cloud.parameters["secretSettings"]


def test_no_secret_is_shown_or_stands_on_a_command_line(cloud: Cloud) -> None:
    done = cloud.first()
    assert done.exit_code == 0

    for secret in SECRETS:
        assert secret not in done.output
        assert secret not in str(cloud.calls)
        assert secret not in str(cloud.parameters)


def test_logins_that_nobody_set_are_made_by_chance_and_stay(cloud: Cloud) -> None:
    cloud.first()
    token, login = cloud.vault["ops-token"]["value"], cloud.vault["flower-basic-auth"]["value"]
    cloud.deploy("--image", "registry.example/cody2zoho:1.1.0")

    assert len(token) >= 24
    assert login.startswith("flower:")
    assert cloud.vault["ops-token"] == {**cloud.vault["ops-token"], "value": token, "versions": 1}


def test_what_holds_for_this_machine_only_stays_here(cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path, "REDIS_URL=redis://localhost:6379/0", "STATE_DIR=/somewhere", "PORT=9000")
    done = cloud.first()

    given = {one["name"] for one in cloud.parameters["settings"]}
    assert given == {"CODY_BOT_ID", "ZOHO_CLIENT_ID", "ZOHO_DATA_CENTER"}
    assert "REDIS_URL, PORT, STATE_DIR" in done.output
    assert "localhost" not in cloud.vault["redis-url"]["value"]


def test_the_first_time_it_wants_a_place_and_an_image(cloud: Cloud) -> None:
    done = cloud.deploy()

    assert done.exit_code == 2
    assert "--location" in done.output
    assert "--image" in done.output
    assert "deployments" not in cloud.state or not cloud.state["deployments"]


@pytest.mark.parametrize(
    ("concurrency", "a_worker", "most"), [("10", "10", 1), ("20", "10", 2), ("25", "10", 3), ("5", "10", 1)]
)
def test_no_more_workers_than_zoho_lets_work(
    cloud: Cloud, tmp_path: Path, concurrency: str, a_worker: str, most: int
) -> None:
    written(tmp_path, f"ZOHO_MAX_CONCURRENCY={concurrency}", f"WORKER_CONCURRENCY={a_worker}")
    cloud.first()

    assert cloud.parameters["maxWorkers"] == most


def test_the_case_file_goes_along(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "cody2zoho.toml").write_text('[case]\nsubject = "Chat {conversation_id}"\n', "utf-8-sig")
    done = cloud.first()

    assert done.exit_code == 0, done.output
    assert cloud.parameters["hasCaseFile"]
    assert cloud.vault["cases-file"]["value"].startswith("[case]")


# -- again ------------------------------------------------------------------------------------


def test_what_is_there_does_not_move(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.first()
    monkeypatch.setenv("AZURE_REGION", "eastus")
    refused = cloud.deploy("--redis", "recreate")
    assert (refused.exit_code, "cody2zoho is in westeurope and does not move" in refused.output) == (2, True)
    assert "deleted" not in cloud.state

    assert cloud.deploy("--location", "West Europe").exit_code == 0
    assert cloud.parameters["location"] == "westeurope"


def test_a_second_deployment_changes_nothing(cloud: Cloud) -> None:
    cloud.first()
    before, versions = cloud.parameters, {name: one["versions"] for name, one in cloud.vault.items()}
    done = cloud.deploy()

    assert done.exit_code == 0, done.output
    assert "no setting and no secret differs" in done.output
    assert {name: one["versions"] for name, one in cloud.vault.items()} == versions
    once = ("changedSecrets", "redisIsNew")
    assert {name: one for name, one in cloud.parameters.items() if name not in once} == {
        name: one for name, one in before.items() if name not in once
    }
    assert (cloud.parameters["changedSecrets"], cloud.parameters["redisIsNew"]) == ([], False)


def test_only_the_secret_that_changed_is_written_and_the_apps_read_it(cloud: Cloud, tmp_path: Path) -> None:
    cloud.first()
    stamp = cloud.parameters["secretsStamp"]
    (tmp_path / ".env").write_text(ENV.replace("1000.token-that-is-secret", "1000.another-token"))
    done = cloud.deploy()

    assert "anew into the vault: zoho-refresh-token\n" in done.output
    assert "another-token" not in done.output
    assert [one["name"] for one in cloud.parameters["changedSecrets"]] == ["zoho-refresh-token"]
    assert cloud.vault["zoho-refresh-token"]["versions"] == 2
    assert cloud.parameters["secretsStamp"] != stamp


def test_a_setting_that_changed_is_shown_with_both_values(cloud: Cloud, tmp_path: Path) -> None:
    cloud.first()
    written(tmp_path, "POLL_INTERVAL_SECONDS=60")
    done = cloud.deploy()

    assert "POLL_INTERVAL_SECONDS: 60" in done.output
    assert "cody-api-key" not in done.output

    written(tmp_path, "POLL_INTERVAL_SECONDS=90")
    assert "POLL_INTERVAL_SECONDS: 60 → 90" in cloud.deploy().output
    written(tmp_path)
    assert "POLL_INTERVAL_SECONDS: 90 → its default" in cloud.deploy().output


def test_a_secret_and_a_case_file_that_are_taken_away_or_come_back_are_shown(cloud: Cloud, tmp_path: Path) -> None:
    case_file = tmp_path / "cody2zoho.toml"
    case_file.write_text('[case]\nsubject = "Chat {conversation_id}"\n')
    written(tmp_path, "SENTRY_DSN=https://key@sentry.example/1")
    cloud.first()
    case_file.rename(tmp_path / "aside.toml")
    written(tmp_path)
    done = cloud.deploy()
    assert "  no longer given to the apps: cases-file, sentry-dsn\n" in done.output

    written(tmp_path, "SENTRY_DSN=https://key@sentry.example/1")
    assert "  given to the apps again: sentry-dsn\n" in cloud.deploy().output
    assert "no setting and no secret differs" in cloud.deploy().output


def test_azure_compares_the_thresholds_to_the_last_digit(cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path, "ALERT_ERROR_THRESHOLD=2.5", "ALERT_DISCREPANCY_PERCENT=0.4")
    cloud.first()

    assert cloud.parameters["thresholds"] == {
        "ALERT_POLL_MINUTES": "15",
        "ALERT_ERROR_THRESHOLD": "2.5",
        "ALERT_DISCREPANCY_PERCENT": "0.4",
    }


def test_what_the_shell_says_does_not_count(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLL_INTERVAL_SECONDS", "soon")
    monkeypatch.setenv("REDIS_URL", "nonsense")
    done = cloud.first()

    assert done.exit_code == 0, done.output
    assert "POLL_INTERVAL_SECONDS" not in str(cloud.parameters["settings"])


def test_force_settings_writes_every_secret_anew(cloud: Cloud) -> None:
    cloud.first()
    stamp = cloud.parameters["secretsStamp"]
    cloud.deploy("--force-settings")

    assert cloud.vault["cody-api-key"]["versions"] == 2
    assert cloud.parameters["secretsStamp"] != stamp


def test_another_image_is_one_option_and_so_is_the_way_back(cloud: Cloud) -> None:
    cloud.first()
    cloud.deploy("--image", "registry.example/cody2zoho:1.1.0")
    done = cloud.deploy("--image", "registry.example/cody2zoho:1.0.0")

    assert "image: registry.example/cody2zoho:1.1.0 → registry.example/cody2zoho:1.0.0" in done.output
    assert "worker  running" in done.output
    assert cloud.parameters["image"].endswith(":1.0.0")


@pytest.mark.parametrize(
    ("image", "pinned"),
    [
        ("registry.example:5000/cody2zoho:1.0.0", True),
        ("cody2zoho@sha256:" + 64 * "0", True),
        ("registry.example:5000/cody2zoho", False),
        ("cody2zoho:latest", False),
        ("cody2zoho", False),
    ],
)
def test_only_an_image_that_stays_the_same_is_taken(cloud: Cloud, image: str, pinned: bool) -> None:
    assert is_pinned(image) is pinned
    if not pinned:
        refused = cloud.deploy("--location", "westeurope", "--image", image)
        assert (refused.exit_code, "no tag of its own" in refused.output) == (2, True)


def test_who_may_open_the_status_page_stays_until_it_is_closed(cloud: Cloud) -> None:
    cloud.first("--allow", "203.0.113.7", "--allow", "198.51.100.0/24")
    cloud.deploy()
    assert cloud.parameters["allowedRanges"] == ["203.0.113.7/32", "198.51.100.0/24"]

    done = cloud.deploy("--close")
    assert cloud.parameters["allowedRanges"] == []
    assert "203.0.113.7/32, 198.51.100.0/24 → nobody" in done.output


@pytest.mark.parametrize("address", ["somewhere", "203.0.113.7/8", "2001:db8::1", "0.0.0.0.0"])
def test_an_address_that_is_none_is_refused(cloud: Cloud, address: str) -> None:
    refused = cloud.first("--allow", address)

    assert (refused.exit_code, "--allow takes IPv4" in refused.output) == (2, True)
    assert "cody2zoho-worker" not in cloud.names


# -- Redis ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["managed", "cache", "container"])
def test_each_kind_of_redis_can_be_had(cloud: Cloud, kind: str) -> None:
    done = cloud.first("--redis-kind", kind)

    assert done.exit_code == 0, done.output
    assert cloud.parameters["redisKind"] == kind
    assert cloud.parameters["redisTls"] is (kind != "container")
    assert cloud.parameters["kedaReachesRedis"] is (kind != "container")
    assert {"redis-url", "redis-address", "redis-password"} <= set(cloud.vault)
    assert any("cody2zoho-redis" in name for name in cloud.names)


def test_the_redis_that_is_there_stays_with_its_password(cloud: Cloud) -> None:
    cloud.first("--redis-kind", "container")
    password = cloud.vault["redis-password"]
    done = cloud.deploy()

    assert done.exit_code == 0, done.output
    assert (cloud.parameters["redisKind"], cloud.vault["redis-password"]) == ("container", password)

    cloud.deploy("--redis", "skip")
    assert (cloud.parameters["redisKind"], cloud.parameters["kedaReachesRedis"]) == ("none", False)


def test_another_kind_is_not_had_by_accident(cloud: Cloud) -> None:
    cloud.first()
    refused = cloud.deploy("--redis-kind", "cache")

    assert (refused.exit_code, "for cache add --redis recreate" in refused.output) == (2, True)
    assert "deleted" not in cloud.state


def test_recreating_says_what_is_lost_and_gives_the_apps_the_new_address(cloud: Cloud) -> None:
    cloud.first()
    old, stamp = cloud.vault["redis-url"]["value"], cloud.parameters["secretsStamp"]
    done = cloud.deploy("--redis", "recreate")

    assert done.exit_code == 0, done.output
    assert "gets a case again" in done.output
    assert [name.startswith("cody2zoho-redis") for name in cloud.state["deleted"]] == [True]
    assert cloud.vault["redis-url"]["value"] != old
    assert cloud.parameters["secretsStamp"] != stamp


@pytest.mark.parametrize("kind", ["managed", "cache"])
def test_a_new_redis_whose_address_was_not_written_is_reached_after_the_next_deployment(
    cloud: Cloud, kind: str
) -> None:
    cloud.first("--redis-kind", kind)
    old, stamp = cloud.vault["redis-url"]["value"], cloud.parameters["secretsStamp"]
    cloud.has(fails_after_redis=True)
    assert cloud.deploy("--redis", "recreate").exit_code == 1

    refused = cloud.deploy("--redis", "skip")
    assert (refused.exit_code, "deploy once with --redis use" in refused.output) == (2, True)
    done = cloud.deploy()
    assert done.exit_code == 0, done.output
    assert cloud.vault["redis-url"]["value"] != old
    assert cloud.parameters["secretsStamp"] != stamp

    cloud.deploy()
    assert not cloud.parameters["redisIsNew"]


def test_nothing_is_deleted_while_azure_is_still_at_another_deployment(cloud: Cloud) -> None:
    cloud.first()
    cloud.is_deploying()
    refused = cloud.deploy("--redis", "recreate")

    assert (refused.exit_code, "still at another deployment of cody2zoho" in refused.output) == (1, True)
    assert "deleted" not in cloud.state
    assert cloud.azure("deploy", "--what-if").exit_code == 0


def test_what_a_container_kept_goes_with_it(cloud: Cloud) -> None:
    cloud.first("--redis-kind", "container")
    cloud.deploy("--redis", "recreate")

    assert cloud.state["deleted"][0] == "cody2zoho-redis"
    assert len(cloud.state["deleted"]) == 2


def test_the_kind_and_the_place_are_remembered_from_a_deployment_that_failed(cloud: Cloud) -> None:
    cloud.has(group={"name": "support", "location": "northeurope"}, failures=["The quota is used up"])
    assert cloud.first("--redis-kind", "cache", "--redis-sku", "C1").exit_code == 1
    assert cloud.deploy().exit_code == 0

    given = cloud.parameters
    assert (given["redisKind"], given["redisSku"], given["location"]) == ("cache", "C1", "westeurope")


def test_the_size_of_one_kind_is_not_asked_of_another(cloud: Cloud) -> None:
    cloud.first("--redis-sku", "Balanced_B1")
    cloud.deploy()
    assert cloud.parameters["redisSku"] == "Balanced_B1"

    cloud.deploy("--redis", "recreate", "--redis-kind", "cache")
    assert (cloud.parameters["redisKind"], cloud.parameters["redisSku"]) == ("cache", "")


def test_skipping_leaves_redis_alone(cloud: Cloud) -> None:
    cloud.first()
    before = cloud.vault["redis-url"]
    done = cloud.deploy("--redis", "skip")

    assert done.exit_code == 0, done.output
    assert cloud.parameters["redisKind"] == "none"
    assert cloud.vault["redis-url"] == before
    assert cloud.deploy().exit_code == 0
    assert (cloud.parameters["redisKind"], cloud.parameters["redisIsNew"]) == ("managed", False)


def test_a_redis_elsewhere_is_used_where_ours_is_skipped(cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path, "REDIS_URL=rediss://:pass%2Fword@redis.example:6380/0")
    done = cloud.first("--redis", "skip")

    assert done.exit_code == 0, done.output
    assert not any("redis" in name for name in cloud.names)
    assert cloud.vault["redis-address"]["value"] == "redis.example:6380"
    assert cloud.vault["redis-password"]["value"] == "pass/word"
    assert cloud.parameters["redisTls"]
    assert "word@" not in done.output


def test_a_redis_elsewhere_stays_the_one_until_another_is_asked_for(cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path, "REDIS_URL=rediss://:password@redis.example:6380/0")
    cloud.first("--redis", "skip")
    address = cloud.vault["redis-url"]
    done = cloud.deploy()
    assert done.exit_code == 0, done.output
    assert "no setting and no secret differs" in done.output
    written(tmp_path)
    assert cloud.deploy().exit_code == 0
    assert (cloud.vault["redis-url"], cloud.parameters["redisKind"]) == (address, "none")
    assert not any("redis" in name for name in cloud.names)

    cloud.deploy("--redis", "use")
    assert (cloud.parameters["redisKind"], cloud.parameters["redisIsNew"]) == ("managed", True)
    assert cloud.vault["redis-url"] != address


@pytest.mark.parametrize(
    ("place", "is_seen"), [(":p@x", True), (":p@x:1/0", True), ("me:p@x", False), (":p@x/3", False)]
)
def test_where_keda_would_not_find_the_queue_all_workers_run(
    cloud: Cloud, tmp_path: Path, place: str, is_seen: bool
) -> None:
    written(tmp_path, f"REDIS_URL=rediss://{place}")
    cloud.first("--redis", "skip")
    assert cloud.parameters["kedaReachesRedis"] is is_seen

    written(tmp_path)
    cloud.deploy("--redis", "skip")
    assert cloud.parameters["kedaReachesRedis"] is is_seen


@pytest.mark.parametrize("url", ["", "redis://localhost:6379/0", "unix:///run/redis.sock"])
def test_skipping_wants_a_redis_that_azure_reaches(cloud: Cloud, tmp_path: Path, url: str) -> None:
    written(tmp_path, f"REDIS_URL={url}")
    refused = cloud.first("--redis", "skip")

    assert (refused.exit_code, "needs a Redis that Azure reaches" in refused.output) == (2, True)


def test_a_redis_without_a_password_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path, "REDIS_URL=redis://redis.example:6379/0")
    refused = cloud.first("--redis", "skip")

    assert (refused.exit_code, "open to all the world" in refused.output) == (2, True)


# -- asking -----------------------------------------------------------------------------------


def test_without_a_terminal_it_does_nothing_unless_told(cloud: Cloud) -> None:
    refused = cloud.azure("deploy", "--location", "westeurope", "--image", "cody2zoho:1.0.0")

    assert (refused.exit_code, "add --yes" in refused.output) == (2, True)
    assert cloud.state == {}


def test_at_a_terminal_it_asks_about_redis_and_then_goes_on(cloud: Cloud) -> None:
    cloud.first()
    code, said = cloud.at_a_terminal("deploy", typed="s\ny\n")

    assert code == 0, said
    assert "Y  use it" in said
    assert cloud.parameters["redisKind"] == "none"


def test_recreating_redis_wants_the_name_typed(cloud: Cloud) -> None:
    cloud.first()
    code, said = cloud.at_a_terminal("deploy", typed="n\nyes\n")
    assert (code, "deleted" in cloud.state) == (1, False)
    assert "Nothing was done." in said

    code, said = cloud.at_a_terminal("deploy", typed="n\ncody2zoho\ny\n")
    assert (code, len(cloud.state["deleted"])) == (0, 1), said


def test_what_if_shows_and_changes_nothing(cloud: Cloud) -> None:
    done = cloud.azure("deploy", "--what-if", "--location", "westeurope", "--image", "cody2zoho:1.0.0")
    assert (done.exit_code, "all of it would be made" in done.output) == (0, True)
    assert not cloud.names

    cloud.first()
    before = cloud.state["resources"], cloud.state["deployments"]
    done = cloud.azure("deploy", "--what-if", "--image", "cody2zoho:2.0.0")
    assert done.exit_code == 0, done.output
    assert "image: registry.example/cody2zoho:1.0.0 → cody2zoho:2.0.0" in done.output
    assert (cloud.state["resources"], cloud.state["deployments"]) == before
    assert any(call.startswith("deployment group what-if") for call in cloud.calls)

    done = cloud.azure("deploy", "--what-if", "--redis", "recreate")
    assert (done.exit_code, "is deleted with all it knows" in done.output) == (0, True)
    assert "deleted" not in cloud.state


# -- building ---------------------------------------------------------------------------------


def test_an_image_is_built_in_a_registry_of_its_own(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("FROM scratch\n")
    done = cloud.deploy("--location", "westeurope", "--build")

    assert done.exit_code == 0, done.output
    [built] = cloud.state["built"]
    assert cloud.parameters["image"].endswith(f".azurecr.io/{built}")
    assert is_pinned(built)

    done = cloud.deploy("--build")
    assert done.exit_code == 0, done.output
    assert len([call for call in cloud.calls if "--name cody2zoho-first" in call and "create" in call]) == 1


def test_a_build_that_fails_leaves_redis_and_is_gone_on_with(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("FROM scratch\n")
    cloud.has(group={"name": "support", "location": "northeurope"}, build_fails=True)
    asked = ("--location", "westeurope", "--redis-kind", "cache", "--redis-sku", "C1", "--alert-email", "a@example.com")
    assert cloud.deploy("--build", *asked).exit_code == 1
    assert cloud.deploy("--build").exit_code == 0
    given = cloud.parameters
    assert (given["location"], given["redisSku"], given["alertEmails"]) == ("westeurope", "C1", ["a@example.com"])

    cloud.has(build_fails=True)
    assert cloud.deploy("--build", "--redis", "recreate").exit_code == 1
    assert "deleted" not in cloud.state


def test_building_wants_a_working_copy(cloud: Cloud) -> None:
    refused = cloud.deploy("--location", "westeurope", "--build")

    assert (refused.exit_code, "docker/Dockerfile is not here" in refused.output) == (2, True)
    assert "built" not in cloud.state


# -- what goes wrong --------------------------------------------------------------------------


def test_all_that_is_wrong_with_the_settings_is_said_at_once(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CODY_API_KEY=key\nPOLL_INTERVAL_SECONDS=soon\nGRAYLOG_CA_FILE=/etc/ca.pem\n")
    refused = cloud.first()

    assert refused.exit_code == 2
    for words in ("CODY_BOT_ID is not set", "POLL_INTERVAL_SECONDS", "GRAYLOG_CA_FILE names a file"):
        assert words in refused.output
    assert not cloud.names


def test_files_and_folders_that_azure_does_not_have_are_refused(cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path, "BACKUP_KEY_FILE=/etc/key", "BACKUP_TO=/backups")
    refused = cloud.first()

    assert refused.exit_code == 2
    for words in ("BACKUP_KEY_FILE names a file of this machine", "BACKUP_TO is a folder"):
        assert words in refused.output


def test_a_secret_in_a_file_goes_to_the_vault_too(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token-of-the-page-in-a-file\n")
    written(tmp_path, f"OPS_TOKEN_FILE={tmp_path}/token")
    done = cloud.first()

    assert done.exit_code == 0, done.output
    assert cloud.vault["ops-token"]["value"] == "token-of-the-page-in-a-file"


def test_a_secret_whose_file_is_not_there_is_said_before_anything_is_made(cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path, "OPS_TOKEN_FILE=/not/there")
    refused = cloud.first()

    assert (refused.exit_code, "OPS_TOKEN is not to be had: OPS_TOKEN_FILE names a file" in refused.output) == (2, True)
    assert not cloud.names


def test_a_file_that_is_not_there_is_named(cloud: Cloud) -> None:
    refused = cloud.first("--env-file", "production.env")

    assert (refused.exit_code, "There is no production.env" in refused.output) == (2, True)


def test_without_az_it_says_what_to_install(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    refused = cloud.first()

    assert (refused.exit_code, "install the Azure CLI" in refused.output) == (1, True)


@pytest.mark.parametrize("answer", ["echo garbage", "echo '[]'", ":", 'echo \'{"id": "x"}\'', "printf '\\377'"])
@pytest.mark.parametrize("command", [("deploy", "--yes"), ("status",), ("delete", "--yes")])
def test_an_az_that_answers_what_nobody_can_read_is_named(
    cloud: Cloud, tmp_path: Path, command: tuple[str, ...], answer: str
) -> None:
    (tmp_path / "bin" / "az").write_text(f"#!/bin/sh\n{answer}\n")
    refused = cloud.azure(*command)

    assert (refused.exit_code, refused.output) == (
        1,
        "`az account show` answers what nobody can read: bring the Azure CLI up to date.\n",
    )


def test_an_az_that_is_killed_is_said(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "bin" / "az").write_text("#!/bin/sh\nkill -9 $$\n")

    assert cloud.first().output == "Azure refuses `az account show`: it ended without a word.\n"


def test_who_is_not_signed_in_is_told_so(cloud: Cloud) -> None:
    cloud.has(signed_in=False)
    refused = cloud.first("--skip-login")

    assert (refused.exit_code, "run `az login`" in refused.output) == (1, True)
    assert not any(call == "login" for call in cloud.calls)


def test_at_a_terminal_it_signs_in_first(cloud: Cloud) -> None:
    cloud.has(signed_in=False)
    words = ("deploy", "--location", "westeurope", "--image", "cody2zoho:1.0.0")
    code, said = cloud.at_a_terminal(*words, typed="y\n")

    assert code == 0, said
    assert "login" in cloud.calls


def test_a_pipeline_may_deploy(cloud: Cloud) -> None:
    cloud.has(user_type="servicePrincipal")
    done = cloud.first()

    assert done.exit_code == 0, done.output
    assert (cloud.parameters["deployer"], cloud.parameters["deployerType"]) == (
        "which-pipeline-deploys",
        "ServicePrincipal",
    )


def test_a_pipeline_that_may_not_ask_who_it_is_deploys_all_the_same(cloud: Cloud) -> None:
    cloud.first()
    cloud.has(user_type="servicePrincipal", entra_is_silent="Insufficient privileges to complete the operation.")
    done = cloud.deploy()

    assert done.exit_code == 0, done.output
    assert "Entra does not tell who you are" in done.output
    assert (cloud.parameters["deployer"], cloud.parameters["deployerType"]) == ("who-deploys", "User")


def test_a_pipeline_whose_sign_in_does_not_hold_for_entra_deploys_all_the_same(cloud: Cloud) -> None:
    cloud.has(user_type="servicePrincipal", entra_is_silent="AADSTS700024: the assertion has expired")
    done = cloud.first()

    assert done.exit_code == 0, done.output
    assert "Entra does not tell who you are" in done.output


def test_what_azure_refuses_is_one_sentence_and_the_next_deployment_goes_on(cloud: Cloud) -> None:
    cloud.has(failures=["The quota of this region is used up; see https://example/?token=abc for more."])
    refused = cloud.first()

    assert refused.exit_code == 1
    assert refused.output.splitlines()[-1].startswith("Azure did not finish the deployment: The quota")
    assert "token=abc" not in refused.output

    done = cloud.deploy()
    assert done.exit_code == 0, done.output
    assert "cody2zoho-worker" in cloud.names
    assert cloud.vault["cody-api-key"]["versions"] == 1


def test_a_vault_that_was_deleted_is_had_back(cloud: Cloud) -> None:
    cloud.first()
    assert cloud.azure("delete", "--yes").exit_code == 0
    done = cloud.first()

    assert done.exit_code == 0, done.output
    assert "had the deleted vault" in done.output


def test_two_installations_share_a_resource_group(cloud: Cloud) -> None:
    cloud.first()
    done = cloud.first("--name", "sales")

    assert done.exit_code == 0, done.output
    assert {"cody2zoho-worker", "sales-worker"} <= cloud.names
    cloud.azure("delete", "--yes", "--name", "sales")
    assert "cody2zoho-worker" in cloud.names
    assert not any(name.startswith("sales") for name in cloud.names)


@pytest.mark.parametrize("name", ["a", "Upper", "-x-", "much-too-long-a-name", "double--hyphen", "end-"])
def test_a_name_that_azure_would_refuse_is_refused_first(cloud: Cloud, name: str) -> None:
    refused = cloud.first("--name", name)

    assert (refused.exit_code, "cannot be the name" in refused.output) == (2, True)


# -- signing in to Zoho -----------------------------------------------------------------------


def test_a_new_token_is_asked_for_kept_and_deployed(
    cloud: Cloud, server: SimulatorServer, organisation: Zoho, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ENV.replace("1000.CLIENT", DEMO_CLIENT_ID).replace("zoho-secret-that-is-secret", DEMO_CLIENT_SECRET)
    (tmp_path / ".env").write_text(f"{old}ZOHO_ACCOUNTS_URL={server.url}\nZOHO_API_URL={server.url}\n# the end\n")
    browser = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=20).read()"
    (tmp_path / "browser.py").write_text(browser)
    monkeypatch.setenv("BROWSER", f"{sys.executable} {tmp_path / 'browser.py'} %s")
    cloud.first()
    shown = cloud.azure("deploy", "--what-if", "--force-token-refresh")
    assert (shown.exit_code, "You would sign in to Zoho anew first" in shown.output) == (0, True)
    assert (tmp_path / ".env").read_text().count("1000.token-that-is-secret") == 1

    done = cloud.deploy("--force-token-refresh")
    assert done.exit_code == 0, done.output
    token = cloud.vault["zoho-refresh-token"]["value"]
    assert token in organisation.accounts.refresh_tokens
    assert "anew into the vault: zoho-refresh-token\n" in done.output
    assert (tmp_path / ".env").read_text().endswith("# the end\n")
    assert f"ZOHO_REFRESH_TOKEN={token}\n" in (tmp_path / ".env").read_text()
    assert token not in done.output + str(cloud.calls)


def test_nothing_is_deployed_when_signing_in_to_zoho_does_not_succeed(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("")
    refused = cloud.first("--force-token-refresh")

    assert (refused.exit_code, "Signing in to Zoho did not succeed" in refused.output) == (1, True)
    assert not cloud.names


def test_a_new_token_goes_into_the_file_that_is_deployed(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "production.env").write_text(ENV)
    refused = cloud.first("--force-token-refresh", "--env-file", "production.env")

    assert (refused.exit_code, "--env-file names another" in refused.output) == (2, True)
