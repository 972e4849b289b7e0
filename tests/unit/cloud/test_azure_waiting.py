"""Deploying takes Azure a while: what is said meanwhile, and what is tried again."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from clouds import Cloud
from cody2zoho.cloud import chosen
from cody2zoho.cloud.az import Az
from cody2zoho.cloud.choice import Choice, look
from cody2zoho.cloud.deploying import Deploying
from cody2zoho.cloud.place import Place
from cody2zoho.cloud.plan import Plan, plan
from cody2zoho.errors import Refused

NOT_YET = "Unable to get value using Managed identity /subscriptions/x for secret cody-api-key"


class Clock:
    """Counts the seconds that somebody would have waited."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def deploying(cloud: Cloud, clock: Clock, said: list[str]) -> Deploying:
    az = Az()
    return Deploying(az, Place("support", "cody2zoho", az.ask("account", "show")["id"]), said.append, clock.sleep)


@pytest.fixture
def planned(deploying: Deploying) -> Plan:
    place, choice = deploying.place, Choice(location="westeurope", image="cody2zoho:1.0.0")
    there = look(deploying.az, place)
    made = plan(place, choice, chosen.read(Path(".env")), there, ("who-deploys", "User"))
    deploying.prepare(made, there)
    return made


def test_what_is_done_is_said_once_and_azure_is_asked_ever_less_often(
    cloud: Cloud, deploying: Deploying, planned: Plan, clock: Clock, said: list[str]
) -> None:
    cloud.has(takes_its_time=6)
    deploying.deploy(planned)

    assert clock.waits == [1.0, 2.0, 5.0, 10.0, 10.0, 10.0]
    assert said.count("  done  cody2zoho-vault") == 1


def test_a_right_that_is_not_known_everywhere_yet_is_waited_for(
    cloud: Cloud, deploying: Deploying, planned: Plan, clock: Clock
) -> None:
    cloud.has(failures=[NOT_YET, NOT_YET])
    deploying.deploy(planned)

    assert clock.waits == [60.0, 60.0]
    assert "cody2zoho-worker" in cloud.names


def test_a_right_is_waited_for_too_where_there_is_no_image_yet(
    cloud: Cloud, deploying: Deploying, planned: Plan, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("FROM scratch\n")
    cloud.has(failures=[NOT_YET])
    builds = replace(planned, parameters={**planned.parameters, "ownRegistry": True})
    deploying.build(builds, look(deploying.az, deploying.place), tmp_path)

    assert (clock.waits, len(cloud.state["built"])) == ([60.0], 1)


def test_it_is_not_waited_for_without_end(cloud: Cloud, deploying: Deploying, planned: Plan, clock: Clock) -> None:
    cloud.has(failures=[NOT_YET] * 9)
    with pytest.raises(Refused, match="Managed identity"):
        deploying.deploy(planned)

    assert clock.waits == [60.0] * 4


def test_what_will_not_pass_is_not_waited_for(cloud: Cloud, deploying: Deploying, planned: Plan, clock: Clock) -> None:
    cloud.has(failures=["The image cannot be pulled"])
    with pytest.raises(Refused, match=r"The image cannot be pulled\.$"):
        deploying.deploy(planned)

    assert clock.waits == []


def test_nothing_with_a_secret_is_left_behind(
    deploying: Deploying, planned: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    deploying.deploy(planned)

    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("name", ["TERM", "HUP"])
def test_nothing_with_a_secret_is_left_behind_by_whoever_is_told_to_end(
    deploying: Deploying, planned: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    # Whoever takes a megabyte waits for `az`: a signal before that would leave `az` to itself.
    (tmp_path / "bin" / "az").write_text(
        "#!/bin/sh\nhead -c 1048576 /dev/zero\n"
        f"test -e {tmp_path}/temporary/*/parameters.json && kill -{name} $PPID\nexec tail -f /dev/null\n"
    )
    with pytest.raises(SystemExit, match=str(128 + signal.Signals[f"SIG{name}"])):
        deploying.deploy(planned)

    assert list((tmp_path / "temporary").iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
