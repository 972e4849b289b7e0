"""The score of an instance and its reasons; the report; one line a look."""

import json
import socket
import time

import pytest

from arm import cluster, database, event, fired, rule
from cody2zoho import configuration
from cody2zoho.azure_redis import finding, health
from cody2zoho.errors import Refused, Transient

WELL = {"usedmemorypercentage": [40.0], "serverLoad": [10.0], "cacheLatency": [800.0], "evictedkeys": [0.0]}


@pytest.fixture
def look(azure, clock):
    azure.metrics, azure.clock = dict(WELL), clock

    def look() -> health.Health:
        settings = configuration.provisional()
        return health.look(finding.find(settings), settings, clock())

    return look


def test_an_instance_with_nothing_wrong_is_at_a_hundred(look) -> None:
    assert (look().score, look().verdict, look().troubles) == (100, "well", ())


@pytest.mark.parametrize(
    ("metric", "value", "costs", "words"),
    [
        ("usedmemorypercentage", 74.0, 0, ""),
        ("usedmemorypercentage", 75.0, 10, "memory used: 75 % at the highest"),
        ("usedmemorypercentage", 90.0, 30, "memory used: 90 % at the highest"),
        ("serverLoad", 70.0, 10, "server load: 70 % at the highest"),
        ("serverLoad", 95.0, 30, "server load: 95 % at the highest"),
        ("evictedkeys", 1.0, 40, "evicted keys: 1 at the highest"),
        ("errors", 3.0, 10, "errors: 3 at the highest"),
        ("cacheLatency", 40_000.0, 10, "latency: 20000 µs at the highest"),
        ("cacheLatency", 400_000.0, 20, "latency: 200000 µs at the highest"),
    ],
)
def test_each_figure_costs_what_it_is_worth(azure, look, metric, value, costs, words) -> None:
    azure.metrics |= {metric: [value]}

    assert [(trouble.costs, trouble.words) for trouble in look().troubles] == ([(costs, words)] if costs else [])
    assert look().score == 100 - costs


def test_the_worst_of_the_hour_counts_and_not_the_latest(azure, look) -> None:
    azure.metrics |= {"serverLoad": [99.0, 1.0]}

    assert look().score == 70


def test_an_hour_without_any_figure_is_a_trouble(azure, look) -> None:
    azure.metrics = {"serverLoad": []}

    assert [trouble.words for trouble in look().troubles] == ["Azure has measured nothing in the last hour"]


@pytest.mark.parametrize(("severity", "costs"), [("Sev0", 30), ("Sev1", 20), ("Sev2", 10), ("Sev4", 5)])
def test_an_alert_that_goes_on_costs_by_its_severity(azure, look, severity, costs) -> None:
    azure.alerts = [fired(1_760_000_000, "Resolved", "Sev0"), fired(1_760_000_000, "Fired", severity)]

    assert look().score == 100 - costs


def test_an_alert_that_has_gone_on_for_days_still_costs(azure, look, clock) -> None:
    azure.alerts = [fired(clock() - 3 * 86_400, "Fired", "Sev0")]

    assert look().score == 70


def test_what_keeps_cases_from_being_made_costs_more_than_what_could_be_better(azure, look) -> None:
    azure.databases = [database(evictionPolicy="AllKeysLRU")]
    assert look().score == 70
    azure.databases = [database(persistence=None)]
    assert look().score == 95


def test_all_that_could_be_better_costs_no_more_than_a_part(azure, look) -> None:
    azure.clusters = [cluster(highAvailability="Disabled", minimumTlsVersion="1.0", publicNetworkAccess="Enabled")]
    azure.databases, azure.rules, azure.settings = [database(persistence=None)], [], {}

    assert len(look().troubles) == 6
    assert look().score == 80


@pytest.mark.parametrize("path", ["metricDefinitions", "AlertsManagement"])
def test_a_right_that_is_missing_is_a_trouble_and_leaves_the_rest(azure, look, path) -> None:
    azure.refuses = [(path, 403, "AuthorizationFailed", {})]
    azure.databases = [database(persistence=None)]

    assert [trouble.costs for trouble in look().troubles if "may not do that" in trouble.words] == [5]
    assert any(trouble.words.startswith("Persistence") for trouble in look().troubles)


def test_no_score_is_below_nothing(azure, look) -> None:
    azure.metrics |= {"usedmemorypercentage": [99.0], "serverLoad": [99.0], "evictedkeys": [9.0]}
    azure.databases = [database(evictionPolicy="AllKeysLRU", resourceState="Disabled")]

    assert (look().score, look().verdict) == (0, "in trouble")


def test_the_command_shows_the_reasons_the_worst_first_and_ends_with_one(azure, look, call) -> None:
    azure.metrics |= {"serverLoad": [75.0], "evictedkeys": [4.0]}
    shown = call("health")

    assert shown.exit_code == 1
    assert shown.output.splitlines()[:3] == [
        "50 of 100: works, but look at it",
        "  -40  evicted keys: 4 at the highest",
        "  -10  server load: 75 % at the highest",
    ]
    assert json.loads(call("health", "--json").output)["score"] == 50


def test_a_name_that_this_machine_does_not_know_costs_nothing(azure, look, call) -> None:
    """A private instance is known in its own network only."""
    azure.clusters = [cluster(hostName="nobody.invalid")]
    shown = call("health", "--name", "shop-managed")

    assert shown.exit_code == 0
    assert "Reached from this machine: no, its name is not known here" in shown.output


def test_a_port_that_answers_is_reached(azure, look, call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        azure.clusters = [cluster(hostName="127.0.0.1")]
        azure.databases = [database(port=server.getsockname()[1])]
        shown = call("health", "--name", "shop-managed")

    assert "Reached from this machine: yes" in shown.output


def test_a_report_has_all_that_azure_can_be_asked(azure, look, call, tmp_path) -> None:
    azure.events, azure.rules = [event(time.time() - 60)], [rule("one")]
    call("health", "--output", str(tmp_path / "out"))
    files = {file.name.partition("-")[0]: file.read_text() for file in (tmp_path / "out").iterdir()}

    assert sorted(files) == ["alerts", "health", "instance", "logs", "metrics", "report"]
    assert "# Redis in Azure: shop-managed" in files["report"]
    assert "| state | Running |" in files["report"]
    assert "memory used" in files["report"]
    assert json.loads(files["instance"])["name"] == "shop-managed"
    assert json.loads(files["health"])["score"] == 100
    assert [one["name"] for one in json.loads(files["alerts"])["rules"]] == ["one"]
    assert json.loads(files["logs"])["what"] == "Regenerate key"


def test_a_report_without_the_right_to_a_part_has_the_others(azure, look, call, tmp_path) -> None:
    azure.refuses = [("eventtypes|metricAlerts", 403, "AuthorizationFailed", {})]
    done = call("health", "--output", str(tmp_path / "out"))

    names = {file.name.partition("-")[0] for file in (tmp_path / "out").iterdir()}
    assert names == {"health", "instance", "logs", "metrics", "report"}
    assert "may not do that in Azure" in done.stderr


def test_watching_sees_what_becomes_of_the_instance(azure, look, clock) -> None:
    def wait(seconds: float) -> None:
        clock.now += seconds
        azure.databases = [database(resourceState="Updating")]

    settings = configuration.provisional()
    looks = health.watching(finding.find(settings), settings, clock, wait, 60)

    assert [next(looks)[1].score for _ in range(2)] == [100, 70]


def test_watching_an_instance_that_is_deleted_ends_with_a_sentence(azure, look, clock) -> None:
    def wait(_seconds: float) -> None:
        azure.clusters = []

    settings = configuration.provisional()
    looks = health.watching(finding.find(settings), settings, clock, wait, 60)
    next(looks)

    with pytest.raises(Refused, match="shop-managed is not in Azure any more: has somebody deleted it"):
        next(looks)


def test_watching_goes_past_a_fault_that_passes(azure, look, clock) -> None:
    azure.refuses = [("metricDefinitions", 503, "ServerTimeout", {})]
    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        clock.now += seconds
        azure.refuses = []

    settings = configuration.provisional()
    looks = health.watching(finding.find(settings), settings, clock, wait, 60)
    (first_at, first), (second_at, second) = next(looks), next(looks)

    assert isinstance(first, Transient)
    assert isinstance(second, health.Health)
    assert (waited, second_at - first_at, second.score) == ([60], 60, 100)


def test_watching_shows_one_line_a_look(azure, look, call) -> None:
    azure.metrics |= {"connectedclients": [12.0], "serverLoad": [75.0]}
    shown = call("watch", "--interval", "3600", "--minutes", "1").output

    assert len(shown.splitlines()) == 1
    figures = shown.split("UTC")[1].split()
    assert " ".join(figures) == "90 memory 40 % load 75 % clients 12 server load: 75 % at the highest"


@pytest.mark.parametrize(("load", "code"), [(75.0, 0), (95.0, 1)])
def test_watching_for_a_script_is_one_object_a_look_and_ends_with_the_worst(azure, look, call, load, code) -> None:
    azure.metrics |= {"serverLoad": [load]}
    shown = call("watch", "--interval", "3600", "--minutes", "1", "--json")

    assert [json.loads(line)["score"] for line in shown.output.splitlines()] == [90 if code == 0 else 70]
    assert shown.exit_code == code
    azure.refuses = [("metricDefinitions", 503, "ServerTimeout", {})]
    told = call("watch", "--interval", "3600", "--minutes", "1", "--json")
    assert "Azure has a fault of its own" in json.loads(told.output)["fault"]
    assert told.exit_code == 1
