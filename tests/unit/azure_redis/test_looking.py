"""Metrics, alerts, diagnostics and logs of an instance, as Azure tells them."""

import csv
import json
import time
from dataclasses import replace

import pytest

from arm import CACHE_ID, CLUSTER_ID, DATABASE_ID, cache, cluster, connection, database, event, fired, rule, sent
from cody2zoho import configuration
from cody2zoho.azure_redis import activity, diagnosis, finding, metrics
from cody2zoho.azure_redis.metrics import Kind, Metric, Series
from cody2zoho.checks.finding import Level
from cody2zoho.cli.azure_redis import view
from cody2zoho.cli.azure_redis.options import write
from cody2zoho.errors import Refused, Transient


def findings() -> dict[str, tuple[Level, str]]:
    settings = configuration.provisional()
    found = finding.find(settings)
    return {one.about: (one.level, one.words) for one in diagnosis.findings(found, settings)}


# -- metrics ----------------------------------------------------------------------------------


def test_each_metric_is_told_with_its_latest_average_highest_and_sum(azure, call) -> None:
    azure.metrics = {"usedmemorypercentage": [10.0, 30.0, 20.0], "cachehits": [5.0, 7.0]}
    every = {one["metric"]: one for one in json.loads(call("metrics", "--json").output)}

    memory, hits = every["usedmemorypercentage"], every["cachehits"]
    assert (memory["latest"], memory["average"], memory["highest"], memory["total"]) == (20, 20, 30, None)
    assert (hits["latest"], hits["total"]) == (7, 12)
    assert [figure["value"] for figure in memory["figures"]] == [10, 30, 20]


def test_latency_is_an_average_and_not_a_peak(azure, call) -> None:
    """The stand-in's average is half its maximum."""
    azure.metrics = {"cacheLatency": [800.0]}

    assert json.loads(call("metrics", "--json").output)[0]["latest"] == 400


def test_only_what_the_service_measures_is_asked_for(azure, call) -> None:
    """One name that a service does not know has Azure refuse the whole question."""
    azure.metrics = {"serverLoad": [1.0], "totalkeys": [5.0]}

    assert [one["metric"] for one in json.loads(call("metrics", "--json").output)] == ["serverLoad"]
    assert [query["metricnames"] for query in azure.queries if "metricnames" in query] == ["serverLoad"]


@pytest.mark.parametrize(
    ("hours", "grains", "asked"),
    [
        (1, ["PT1M", "PT5M", "PT1H"], "PT1M"),
        (6, ["PT1M", "PT5M", "PT1H"], "PT5M"),
        (24, ["PT5M", "PT1H"], "PT1H"),
        (720, ["PT5M", "PT1H"], "PT1H"),
        (1, ["PT1M"], "PT1M"),
        (24, ["PT1M"], "PT15M"),
        (720, ["PT1M"], "PT6H"),
        (24, [], "PT15M"),
    ],
)
def test_the_step_is_one_that_azure_has_and_not_too_fine(azure, found, hours, grains, asked) -> None:
    azure.grains, azure.metrics = grains, {"serverLoad": [1.0]}
    metrics.measured(found, hours, 1_760_000_000)

    assert [query["interval"] for query in azure.queries if "interval" in query] == [asked]
    spans = [query["timespan"] for query in azure.queries if "timespan" in query]
    assert spans[0].endswith("/2025-10-09T08:53:20Z")
    assert [query["AutoAdjustTimegrain"] for query in azure.queries if "interval" in query] == ["true"]


def test_the_step_that_azure_took_is_the_one_that_is_told(azure, call) -> None:
    azure.metrics, azure.took = {"serverLoad": [1.0]}, "PT1H"

    assert json.loads(call("metrics", "--json").output)[0]["step_seconds"] == 3600


def test_a_step_without_a_figure_is_left_out_and_none_at_all_is_a_dash(azure, call) -> None:
    azure.metrics = {"serverLoad": [None, 7.0, None], "errors": []}
    every = {one["metric"]: one for one in json.loads(call("metrics", "--json").output)}

    assert [figure["value"] for figure in every["serverLoad"]["figures"]] == [7]
    assert every["errors"]["latest"] is None
    assert call("metrics").output.splitlines()[-1].split() == ["errors", "–", "–", "–", "–"]


def test_an_instance_of_which_nothing_is_measured_yet_is_told_so(azure, call) -> None:
    assert call("metrics").output == "Azure measures nothing of it yet.\n"


def test_a_cluster_that_has_no_database_does_not_run(azure) -> None:
    azure.databases = []

    assert findings()["State"] == (Level.FAILED, "is without a database, not Running")
    assert findings()["Eviction"] == (Level.OK, "Azure does not say")


def test_figures_stand_under_one_another(azure, call) -> None:
    azure.metrics = {"usedmemorypercentage": [5.0, 100.0], "cachehits": [1234.0]}
    head, memory, hits = call("metrics").output.splitlines()

    assert head.split()[:5] == ["metric", "latest", "average", "highest", "sum"]
    assert memory.index("100 %") + len("100 %") == head.index("latest") + len("latest")
    assert hits.split()[1:5] == ["1,234", "1,234", "1,234", "1,234"]


def test_bars_of_a_percentage_are_full_at_a_hundred_and_others_at_their_highest() -> None:
    series = Series(Metric("x", "x", "%", Kind.PEAK), 300, ((0, 0.0), (1, 50.0), (2, 100.0)))

    assert metrics.bars(series, 24) == "▁▅█"
    assert metrics.bars(replace(series, metric=Metric("x", "x", "", Kind.PEAK)), 24) == "▁▅█"
    assert metrics.bars(replace(series, figures=((0, 1.0), (1, 1.0))), 24) == "▁▁"
    assert metrics.bars(replace(series, figures=()), 24) == ""


def test_many_figures_share_bars_and_no_peak_is_lost() -> None:
    series = Series(Metric("x", "x", "%", Kind.PEAK), 300, tuple((at, 100.0 if at == 37 else 0.0) for at in range(100)))

    assert metrics.bars(series, 10) == "▁▁▁█▁▁▁▁▁▁"


def test_metrics_are_written_to_files_that_nobody_else_reads(azure, call, tmp_path) -> None:
    azure.metrics = {"serverLoad": [2.5, 12_345_678.0]}
    done = call("metrics", "--output", str(tmp_path / "out"))

    files = sorted((tmp_path / "out").iterdir())
    assert [file.suffix for file in files] == [".csv", ".json"]
    assert [row["value"] for row in csv.DictReader(files[0].read_text().splitlines())] == ["2.5", "12345678"]
    assert len(json.loads(files[1].read_text())[0]["figures"]) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert [line.removeprefix("written: ") for line in done.stderr.splitlines()] == [str(files[1]), str(files[0])]


def test_a_file_is_not_written_where_a_link_leads(tmp_path) -> None:
    """In a folder that others may write into, such as /tmp."""
    theirs = tmp_path / "theirs"
    theirs.write_text("mine")
    (tmp_path / "logs-20251009T085320Z.jsonl").symlink_to(theirs)

    with pytest.raises(Refused, match=r"cannot be written: File exists\."):
        write(tmp_path, "logs.jsonl", "what was logged", 1_760_000_000)
    assert theirs.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_a_sentence(azure, call, tmp_path) -> None:
    (tmp_path / "taken").write_text("")
    refused = call("logs", "--output", str(tmp_path / "taken" / "out"))

    assert refused.exit_code == 1
    assert "cannot be written: " in refused.stderr


# -- alerts -----------------------------------------------------------------------------------


def test_rules_of_the_instance_its_group_and_its_subscription_are_told_and_no_others(azure, call) -> None:
    group, subscription = CLUSTER_ID.partition("/providers/")[0], CLUSTER_ID.partition("/resourceGroups/")[0]
    azure.rules = [
        rule("of-another", scope=f"{CLUSTER_ID}-2"),
        rule("of-a-shorter-name", scope=CLUSTER_ID[:-1]),
        rule("of-the-group", scope=group.upper(), severity=3),
        rule("of-all", scope=subscription, severity=1, enabled=False, actions=[]),
        rule("ours"),
    ]
    told = json.loads(call("alerts", "--json").output)["rules"]

    assert [one["name"] for one in told] == ["of-all", "ours", "of-the-group"]
    assert told[0] | {"condition": ""} == {"name": "of-all", "severity": 1, "is_on": False, "condition": "", "tells": 0}
    assert told[1]["condition"] == "maximum usedmemorypercentage > 80"


def test_an_alert_that_goes_on_comes_first_and_makes_the_exit_code(azure, call) -> None:
    began = time.time() - 600
    azure.alerts = [fired(began + 300, "Resolved", "Sev1"), fired(began, rule="load-high")]
    told = call("alerts", "--json")

    assert told.exit_code == 1
    assert [(one["rule"], one["is_over"], one["severity"]) for one in json.loads(told.output)["fired"]] == [
        ("load-high", False, 2),
        ("memory-high", True, 1),
    ]
    assert view.stamp(began) in call("alerts").output


def test_what_is_over_or_was_never_raised_is_no_trouble(azure, call) -> None:
    for over in (fired(time.time() - 60, "Resolved"), fired(time.time() - 60, state="Closed")):
        azure.alerts = [over]
        assert call("alerts").exit_code == 0
    azure.alerts, azure.rules = [], []
    assert call("alerts").output == "No rule watches it.\n\nNothing was raised.\n"


def test_an_alert_that_goes_on_is_told_however_long_ago_it_began(azure, call) -> None:
    now = time.time()
    azure.alerts = [fired(now - 10 * 86_400), fired(now - 2 * 3600, "Resolved"), fired(now - 600, "Resolved")]
    told = call("alerts", "--hours", "1", "--json")

    assert told.exit_code == 1
    assert [one["is_over"] for one in json.loads(told.output)["fired"]] == [False, True]


# -- diagnostics ------------------------------------------------------------------------------


def test_an_instance_that_is_set_up_well_has_nothing_to_mend(azure, call) -> None:
    assert {level for level, _ in findings().values()} == {Level.OK}
    assert call("diagnostics").exit_code == 0


@pytest.mark.parametrize(
    ("about", "level", "words", "changed"),
    [
        ("State", Level.FAILED, "is Disabled, not Running", {"resourceState": "Disabled"}),
        ("Eviction", Level.FAILED, "is AllKeysLRU", {"evictionPolicy": "AllKeysLRU"}),
        ("Clustering", Level.FAILED, "is OSSCluster", {"clusteringPolicy": "OSSCluster"}),
        ("Persistence", Level.WARNING, "is off", {"persistence": None}),
        ("TLS", Level.WARNING, "port 10000 is open without it", {"clientProtocol": "Plaintext"}),
        ("Access keys", Level.OK, "off; Microsoft Entra ID alone", {"accessKeysAuthentication": "Disabled"}),
    ],
)
def test_each_flaw_of_a_database_is_told(azure, about, level, words, changed) -> None:
    azure.databases = [database(**changed)]

    assert (findings()[about][0], findings()[about][1][: len(words)]) == (level, words)


@pytest.mark.parametrize(
    ("about", "words", "changed"),
    [
        ("Replica", "there is none", {"highAvailability": "Disabled"}),
        ("TLS", "1.0 is taken", {"minimumTlsVersion": "1.0"}),
        ("Network", "it can be reached from the whole internet", {"publicNetworkAccess": "Enabled"}),
        ("Service", "the Enterprise tiers of Azure Cache for Redis end", {"sku": "Enterprise_E10"}),
    ],
)
def test_each_flaw_of_a_cluster_is_told(azure, about, words, changed) -> None:
    azure.clusters = [cluster(**changed)]

    assert findings()[about][0] is Level.WARNING
    assert findings()[about][1].startswith(words)


@pytest.mark.parametrize(
    ("about", "level", "words", "changed"),
    [
        ("State", Level.FAILED, "is Updating, not Running", {"provisioningState": "Updating"}),
        ("Eviction", Level.FAILED, "is volatile-lru", {"redisConfiguration": {}}),
        ("Clustering", Level.FAILED, "is 3 shards", {"shardCount": 3}),
        ("Persistence", Level.WARNING, "is off", {"redisConfiguration": {"maxmemory-policy": "noeviction"}}),
        ("Replica", Level.WARNING, "there is none", {"sku": {"name": "Basic", "family": "C", "capacity": 0}}),
        ("TLS", Level.WARNING, "port 6379 is open without it", {"enableNonSslPort": True}),
        ("Service", Level.WARNING, "Azure Cache for Redis ends on 30 September 2028", {}),
    ],
)
def test_each_flaw_of_an_azure_cache_is_told(classic, about, level, words, changed) -> None:
    classic.caches = [cache(**changed)]

    assert findings()[about][0] is level
    assert findings()[about][1].startswith(words)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("redis://{host}:10000/0", "speaks no TLS"),
        ("rediss://{host}:6380/0", "names port 6380, Azure 10000"),
        ("rediss://{host}/0", "names port 6379, Azure 10000"),
        ("rediss://{host}:10000/1", "names a database other than 0"),
        ("rediss://{host}:10000", "{host}:10000"),
    ],
)
def test_an_address_that_does_not_fit_the_instance_is_told(azure, monkeypatch, address, words) -> None:
    host = "shop-managed.westeurope.redis.azure.net"
    monkeypatch.setenv("REDIS_URL", address.format(host=host))

    assert findings()["REDIS_URL"][1].startswith(words.format(host=host))


def test_logs_that_go_nowhere_and_alerts_that_tell_nobody_are_told(azure) -> None:
    azure.settings, azure.rules = {}, []
    told = findings()
    assert told["Azure logs"] == (Level.WARNING, "go nowhere: who connects is not written down")
    assert told["Azure alerts"][1].startswith("no rule watches it")

    azure.rules = [rule(actions=[]), rule("off", enabled=False)]
    assert findings()["Azure alerts"][1] == "rules watch it, and none of them tells anybody"


def test_a_right_that_is_missing_for_one_question_leaves_the_others(azure, call) -> None:
    azure.refuses = [("diagnosticSettings", 403, "AuthorizationFailed", {})]
    told = findings()

    assert told["Azure logs"][0] is Level.WARNING
    assert "may not do that in Azure" in told["Azure logs"][1]
    assert told["Azure alerts"][0] is Level.OK
    assert call("diagnostics").exit_code == 0


# -- logs -------------------------------------------------------------------------------------


def test_both_logs_are_one_the_newest_last(azure, call) -> None:
    now = time.time()
    azure.events = [event(now - 60, "Error"), event(now - 300)]
    azure.rows = [connection(now - 120)]
    told = [json.loads(line) for line in call("logs", "--json").output.splitlines()]

    assert [(one["source"], one["level"]) for one in told] == [
        ("activity", "INFO"),
        ("REDConnectionEvents", "INFO"),
        ("activity", "ERROR"),
    ]
    assert (told[0]["what"], told[0]["outcome"], told[0]["who"]) == ("Regenerate key", "Succeeded", "ann@shop.example")
    assert told[1]["fields"] == {"ClientIp": "10.1.2.3", "EventType": "new_conn"}


def test_connections_are_asked_for_where_they_are_sent_from(azure, call) -> None:
    """Azure Managed Redis writes them for its database, not for its cluster."""
    azure.settings = {DATABASE_ID: [sent()], CLUSTER_ID: []}
    call("logs")

    assert [path for _, path, _ in azure.asked if path.endswith("/query")] == [f"/v1{DATABASE_ID}/query"]


def test_log_analytics_is_not_asked_where_nothing_is_sent_to_it(azure, call) -> None:
    azure.settings = {DATABASE_ID: [sent(workspace="")]}
    azure.events = [event(time.time() - 60)]

    assert "Regenerate key" in call("logs").output
    assert not [path for _, path, _ in azure.asked if path.endswith("/query")]


def test_only_lines_at_the_level_and_worse_are_shown(azure, call) -> None:
    now = time.time()
    levels = ("Informational", "Warning", "Error", "Critical")
    azure.events = [event(now - at, level) for at, level in enumerate(levels)]
    told = [json.loads(line)["level"] for line in call("logs", "--json", "--level", "error").output.splitlines()]

    assert told == ["CRITICAL", "ERROR"]


def test_the_activity_is_asked_for_by_time_of_cluster_and_database(azure, found) -> None:
    """A key is made anew in the database, a size chosen in the cluster; what both tell is told once."""
    azure.events = [event(1_760_000_000 - 5, id_=id_) for id_ in "ab"]
    told, _ = activity.lines(found, 2, 1_760_000_000)
    asked = [query["$filter"] for query in azure.queries if "$filter" in query]

    span = "eventTimestamp ge '2025-10-09T06:53:20Z' and eventTimestamp le '2025-10-09T08:53:20Z'"
    assert asked == [f"{span} and resourceUri eq '{id_}'" for id_ in (CLUSTER_ID, DATABASE_ID)]
    assert [line.id for line in told] == ["a", "b"]


def test_nothing_logged_is_said(azure, call) -> None:
    assert call("logs", "--hours", "3").stderr == "Nothing was logged in the last 3 hours.\n"


def test_new_lines_are_followed_each_once_also_those_that_come_late(azure, found, clock) -> None:
    azure.events = [event(clock.now - 60, name="old")]
    seen, _ = activity.lines(found, 24, clock.now)
    waits = iter(
        [
            lambda: azure.events.append(event(clock.now - 5, name="new")),
            lambda: azure.events.append(event(clock.now - 500, name="late")),
        ]
    )

    def wait(seconds: float) -> None:
        clock.now += seconds
        next(waits)()

    following = activity.following(found, seen, [], clock, wait)
    assert [next(following).what for _ in range(2)] == ["new", "late"]


def test_following_goes_past_a_fault_that_passes_and_loses_nothing(azure, found, clock) -> None:
    azure.refuses = [("eventtypes", 503, "ServerTimeout", {})]

    def wait(_seconds: float) -> None:
        if clock.now > 1_760_000_000:
            azure.refuses = []
        clock.now += 7200
        azure.events = [event(1_760_000_060, name="meanwhile")]

    following = activity.following(found, [], [], clock, wait)
    assert isinstance(next(following), Transient)
    assert next(following).what == "meanwhile"
    spans = [query["$filter"] for query in azure.queries if "$filter" in query]
    assert {span.partition(" and ")[0] for span in spans} == {"eventTimestamp ge '2025-10-09T08:38:20Z'"}


@pytest.mark.parametrize(("refused", "told"), [("eventtypes", "new_conn"), ("/query$", "Regenerate key")])
def test_a_log_that_may_not_be_read_leaves_the_other(azure, call, refused, told) -> None:
    now = time.time()
    azure.events, azure.rows = [event(now - 60)], [connection(now - 50)]
    azure.refuses = [(refused, 403, "AuthorizationFailed", {})]
    shown = call("logs")

    assert shown.exit_code == 1
    assert [told in line for line in shown.stdout.splitlines()] == [True]
    assert "may not do that in Azure" in shown.stderr


def test_what_log_analytics_tells_in_part_is_not_taken_for_all(azure, call) -> None:
    azure.rows, azure.is_partial = [connection(time.time() - 50)], True
    shown = call("logs")

    assert shown.exit_code == 1
    assert "new_conn" in shown.stdout
    assert shown.stderr == "Log Analytics tells a part of who connected, and no more: ask for fewer --hours.\n"


def test_following_says_once_that_a_right_was_taken(azure, found, clock) -> None:
    waits = iter(
        [
            lambda: azure.refuses.append(("/query$", 403, "AuthorizationFailed", {})),
            lambda: None,
            lambda: azure.events.append(event(clock.now - 5)),
        ]
    )

    def wait(seconds: float) -> None:
        clock.now += seconds
        next(waits)()

    following = activity.following(found, [], [], clock, wait)
    assert isinstance(next(following), Refused)
    assert next(following).what == "Regenerate key"


def test_all_lines_are_written_to_a_file(azure, call, tmp_path) -> None:
    azure.events = [event(time.time() - 60)]
    call("logs", "--output", str(tmp_path / "out"))
    file = next((tmp_path / "out").iterdir())

    assert [json.loads(line)["what"] for line in file.read_text().splitlines()] == ["Regenerate key"]


def test_an_azure_cache_has_its_own_logs(classic, call) -> None:
    classic.settings = {CACHE_ID: [sent()]}
    classic.rows = [connection(time.time() - 5)]

    assert "new_conn" in call("logs").output
