"""Rules, routes and dashboard under docker/monitoring: they know what /metrics tells, and tell what they should."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cody2zoho.ops.gauges import CHOSEN, GAUGES
from cody2zoho.telemetry.metrics import COUNTERS, Histogram
from cody2zoho.watching import watches
from cody2zoho.watching.watches import outside
from tools import says, tool

FOLDER = Path(__file__).parents[2] / "docker" / "monitoring"
DOCS = FOLDER.parents[1] / "docs"
RULES = [rule for group in yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
DASHBOARD = json.loads((FOLDER / "grafana" / "dashboards" / "cody2zoho.json").read_text())

#: Those that only Prometheus has.
OWN = {"watchdog", "scrape", "other"}


def expressions() -> Iterator[str]:
    for rule in RULES:
        yield rule["expr"]
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


def exported() -> set[str]:
    """Names of all series."""
    found = {"cody2zoho_up"} | {f"cody2zoho_{one.name}" for one in (*GAUGES, *CHOSEN)}
    for one in COUNTERS:
        endings = ("_bucket", "_count", "_sum") if isinstance(one, Histogram) else ("",)
        found |= {f"cody2zoho_{one.name}{ending}" for ending in endings}
    return found


def test_every_expression_asks_for_what_there_is() -> None:
    asked = {name for one in expressions() for name in re.findall(r"\bcody2zoho_\w+", one)}
    assert asked - exported() == set()
    recorded = {name for one in expressions() for name in re.findall(r"\bcody2zoho:[\w:]+", one)}
    assert recorded == {rule["record"] for rule in RULES if "record" in rule}


def test_every_label_that_an_expression_asks_for_is_one_that_the_metric_has() -> None:
    labels = {f"cody2zoho_{one.name}": set(one.labels) for one in (*GAUGES, *CHOSEN, *COUNTERS)}
    for one in expressions():
        for name, matched in re.findall(r"\b(cody2zoho_\w+?)(?:_bucket|_count|_sum)?\{([^}]*)\}", one):
            asked = set(re.findall(r"(\w+)\s*[=!]", re.sub(r'"[^"]*"', '""', matched)))
            assert asked <= labels[name] | {"instance", "job"}, one


def test_every_threshold_that_a_rule_asks_for_is_told() -> None:
    asked = set(re.findall(r'setting="(\w+)"', " ".join(expressions())))
    assert asked == {name.upper() for name in re.findall(r'^    "(\w+)",$', _gauges(), re.MULTILINE)}


def _gauges() -> str:
    return (FOLDER.parents[1] / "cody2zoho" / "ops" / "gauges.py").read_text()


def test_each_alert_of_the_product_is_a_rule_of_the_same_name_and_level() -> None:
    section = (DOCS / "alerts.md").read_text()
    rows = [
        line.strip("| ").split(" | ")
        for line in section.splitlines()
        if re.match(r"\| `[a-z_]+(:<\w+>)?`( \*)? \|", line)
    ]
    levels = {re.match(r"`(\w+)", name)[1]: level for name, level, *_ in rows if "critical" in level or level in LEVELS}
    assert set(levels) == {check.name for check in watches.CHECKS} | {"ticks", "redis"}
    severities: dict[str, set[str]] = {}
    for rule in ALERTS:
        severities.setdefault(rule["alert"], set()).add(rule["labels"]["severity"])
    assert set(severities) == set(levels) | OWN
    assert {name: severities[name] for name in levels} == {
        name: set(re.findall("critical|high|medium|low", level)) for name, level in levels.items()
    }


LEVELS = ("high", "medium", "low")


def test_every_alert_says_what_to_do() -> None:
    for rule in ALERTS:
        assert set(rule["annotations"]) == {"summary", "remedy"}
        assert rule["labels"]["service"] == "cody2zoho"


def test_a_token_is_late_in_the_rules_when_it_is_in_the_product() -> None:
    [rule] = [rule for rule in ALERTS if rule["alert"] == "token"]
    assert f"< {outside._TOKEN_SECONDS}" in rule["expr"]


# -- rules, as Prometheus itself reckons them --------------------------------------------------

#: A system that is well, each series as promtool writes it: its value now, and what is added every minute.
WELL: dict[str, str] = {
    'up{job="cody2zoho"}': "1",
    "cody2zoho_up": "1",
    "cody2zoho_workers": "2",
    "cody2zoho_beat_last_tick_seconds": "1",
    "cody2zoho_paused": "0",
    'cody2zoho_blocked{what="zoho"}': "0",
    'cody2zoho_blocked{what="bot"}': "0",
    "cody2zoho_oldest_without_case_seconds": "600",
    "cody2zoho_oldest_list_seconds": "30",
    'cody2zoho_conversations_in_state{state="created"}': "100",
    'cody2zoho_conversations_in_state{state="parked"}': "0",
    "cody2zoho_token_remaining_seconds": "3000",
    "cody2zoho_zoho_credits_remaining": "4000",
    "cody2zoho_zoho_credits_allowance": "5000",
    'cody2zoho_reconcile_cases{what="cases"}': "100",
    'cody2zoho_reconcile_cases{what="missing"}': "0",
    'cody2zoho_conversation_processing_seconds_count{outcome="case"}': "0+10",
    'cody2zoho_conversation_processing_seconds_count{outcome="postponed"}': "0+1",
    'cody2zoho_api_requests_total{api="zoho",status="201"}': "0+10",
    'cody2zoho_api_requests_total{api="webhook",status="500"}': "0+10",
    'cody2zoho_alert_threshold{setting="MAX_SYNC_AGE_HOURS"}': "2",
    'cody2zoho_alert_threshold{setting="ALERT_POLL_MINUTES"}': "15",
    'cody2zoho_alert_threshold{setting="ALERT_ERROR_THRESHOLD"}': "10",
    'cody2zoho_alert_threshold{setting="ALERT_DISCREPANCY_PERCENT"}': "10",
    'cody2zoho_alert_threshold{setting="ALERT_CREDITS_PERCENT"}': "10",
}
GONE = "gone"
ATTEMPTS, REQUESTS = "cody2zoho_conversation_processing_seconds_count", "cody2zoho_api_requests_total"
STATE, COMPARED = "cody2zoho_conversations_in_state", "cody2zoho_reconcile_cases"

#: What is different, and which alert that makes, with its level.
RAISED: list[tuple[str, str, dict[str, str]]] = [
    ("scrape", "critical", {'up{job="cody2zoho"}': "0"}),
    ("scrape", "critical", {'up{job="cody2zoho"}': GONE}),
    ("redis", "critical", {"cody2zoho_up": "0"}),
    ("ticks", "critical", {"cody2zoho_workers": "0"}),
    ("ticks", "critical", {"cody2zoho_beat_last_tick_seconds": "31"}),
    ("ticks", "critical", {"cody2zoho_beat_last_tick_seconds": GONE}),
    ("blocked", "critical", {'cody2zoho_blocked{what="zoho"}': "1"}),
    ("blocked", "high", {'cody2zoho_blocked{what="bot"}': "1"}),
    ("late", "high", {"cody2zoho_oldest_without_case_seconds": "7201"}),
    (
        "late",
        "high",
        {
            "cody2zoho_oldest_without_case_seconds": "700",
            'cody2zoho_alert_threshold{setting="MAX_SYNC_AGE_HOURS"}': "0.1",
        },
    ),
    ("queue", "high", {'cody2zoho_alerts_raised{check="queue",severity="high"}': "1"}),
    ("polls", "high", {"cody2zoho_oldest_list_seconds": "901"}),
    ("parked", "medium", {f'{STATE}{{state="parked"}}': "1"}),
    ("sync_rate", "high", {'cody2zoho_alerts_raised{check="sync_rate",severity="high"}': "1"}),
    ("token", "high", {"cody2zoho_token_remaining_seconds": "419"}),
    ("token", "high", {"cody2zoho_token_remaining_seconds": "0"}),
    ("credits", "critical", {"cody2zoho_zoho_credits_remaining": "0"}),
    ("credits", "high", {"cody2zoho_zoho_credits_remaining": "499"}),
    ("error_rate", "high", {f'{ATTEMPTS}{{outcome="postponed"}}': "0+2"}),
    ("error_rate", "high", {f'{REQUESTS}{{api="zoho",status="503"}}': "0+2"}),
    ("error_rate", "high", {f'{REQUESTS}{{api="cody",status="none"}}': "0+2"}),
    ("discrepancy", "medium", {f'{COMPARED}{{what="missing"}}': "11"}),
    ("apis", "high", {'cody2zoho_alerts_raised{check="apis",severity="high"}': "1"}),
    ("error", "critical", {'cody2zoho_alerts_raised{check="error",severity="critical"}': "1"}),
    ("broker", "high", {'cody2zoho_alerts_raised{check="broker",severity="high"}': "1"}),
    ("consecutive_errors", "high", {'cody2zoho_alerts_raised{check="consecutive_errors",severity="high"}': "1"}),
    ("silence", "medium", {'cody2zoho_alerts_raised{check="silence",severity="medium"}': "1"}),
    ("backup", "medium", {'cody2zoho_alerts_raised{check="backup",severity="medium"}': "1"}),
    ("feed", "low", {'cody2zoho_alerts_raised{check="feed",severity="low"}': "1"}),
    ("other", "medium", {'cody2zoho_alerts_raised{check="of_tomorrow",severity="medium"}': "1"}),
]

#: What is different without an alert: just within its threshold, or meant so.
QUIET: list[dict[str, str]] = [
    {},
    {"cody2zoho_oldest_without_case_seconds": "7199"},
    {"cody2zoho_oldest_without_case_seconds": "9999", "cody2zoho_paused": "1"},
    # Resumed a quarter of an hour ago.
    {"cody2zoho_oldest_without_case_seconds": "9999", "cody2zoho_paused": "1x20 0"},
    {"cody2zoho_oldest_list_seconds": "899"},
    # Nobody has read a list yet, or asked for a token.
    {"cody2zoho_oldest_list_seconds": GONE},
    {"cody2zoho_token_remaining_seconds": "0", f'{STATE}{{state="created"}}': "0"},
    {"cody2zoho_token_remaining_seconds": "421"},
    {"cody2zoho_zoho_credits_remaining": GONE, "cody2zoho_zoho_credits_allowance": GONE},
    {"cody2zoho_zoho_credits_remaining": "501"},
    # Too few for a rate.
    {f'{REQUESTS}{{api="zoho_accounts",status="503"}}': "0+0.3"},
    {f'{COMPARED}{{what="missing"}}': "10"},
    # What the rules reckon themselves is told once.
    {'cody2zoho_alerts_raised{check="late",severity="high"}': "1"},
]


def case(different: dict[str, str], *raised: tuple[str, str]) -> dict[str, Any]:
    """Half an hour of a system that is well but for this; then exactly these alerts are raised."""
    series = {name: value for name, value in {**WELL, **different}.items() if value != GONE}
    if different.get("cody2zoho_up") == "0":
        # Then nothing else is told.
        series = {name: value for name, value in series.items() if name.endswith("up") or name.startswith("up")}
    # Everything below comes from the same scrape.
    told = [
        {"series": _of(name), "values": f"{value}x40" if "+" in value else f"{value}+0x40"}
        for name, value in series.items()
    ]
    found = [("watchdog", "none"), *raised]
    samples = [{"labels": f'{{alertname="{name}", severity="{level}"}}', "value": 1} for name, level in found]
    expr = 'count by (alertname, severity) (ALERTS{alertstate="firing"})'
    return {
        "interval": "1m",
        "name": str(different),
        "input_series": told,
        "promql_expr_test": [{"expr": expr, "eval_time": "35m", "exp_samples": samples}],
    }


def _of(name: str) -> str:
    kind, brace, labels = name.partition("{")
    return f'{kind}{{instance="ops:8080",{labels}' if brace else f'{kind}{{instance="ops:8080"}}'


def judged(folder: Path, *cases: dict[str, Any]) -> str:
    file = folder / "cases.json"
    file.write_text(json.dumps({"rule_files": [str(FOLDER / "rules.yml")], "tests": cases}))
    return says(tool("promtool"), "test", "rules", file)


def test_each_alert_is_raised_by_what_it_is_for_and_by_nothing_else(tmp_path: Path) -> None:
    assert {name for name, *_ in RAISED} == {rule["alert"] for rule in ALERTS} - {"watchdog"}
    assert "SUCCESS" in judged(tmp_path, *(case(different, (name, level)) for name, level, different in RAISED))


def test_none_is_raised_where_all_is_well_or_within_its_threshold_or_meant_so(tmp_path: Path) -> None:
    assert "SUCCESS" in judged(tmp_path, *(case(different) for different in QUIET))


@pytest.mark.parametrize(("what", "level"), [("cody", "critical"), ("bot", "high")])
def test_what_is_blocked_is_told_once_and_not_as_a_list_that_is_not_read_too(
    tmp_path: Path, what: str, level: str
) -> None:
    different = {f'cody2zoho_blocked{{what="{what}"}}': "1", "cody2zoho_oldest_list_seconds": "9999"}
    assert "SUCCESS" in judged(tmp_path, case(different, ("blocked", level)))


# -- Alertmanager ------------------------------------------------------------------------------

#: Each setting of a receiver, with what would break a file of YAML.
CHOSEN_RECEIVERS = {
    "ALERTMANAGER_PAGERDUTY_KEY": "it's: a 'key' # no comment",
    "ALERTMANAGER_SLACK_WEBHOOK": "https://hooks.slack.com/services/a?b={c}&d=%20",
    "ALERTMANAGER_EMAIL_TO": "one@example.com, two@example.com",
    "ALERTMANAGER_EMAIL_FROM": "cody2zoho@example.com",
    "ALERTMANAGER_SMTP_HOST": "smtp.example.com:587",
    "ALERTMANAGER_SMTP_USER": "user",
    "ALERTMANAGER_SMTP_PASSWORD": r"{{ pass }}: $word\new\cut",
    "ALERTMANAGER_WEBHOOK": "http://127.0.0.1:9/hook",
    "ALERTMANAGER_WATCHDOG_URL": "https://hc.example.com/ping",
}
SHOW = 'env > environment; printf %s "$1" > argument'


def started(folder: Path, **chosen: str) -> subprocess.CompletedProcess[str]:
    """What `alertmanager.sh` starts in Alertmanager's place notes what it was given."""
    environment = {
        "PATH": os.environ["PATH"],
        "ALERTMANAGER_ROUTES": str(FOLDER / "alertmanager.yml"),
        "ALERTMANAGER_CONFIG": str(folder / "alertmanager.yml"),
        **chosen,
    }
    words = ["/bin/sh", FOLDER / "alertmanager.sh", "sh", "-c", SHOW, "-"]
    return subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True, timeout=30, check=False)


def receivers(folder: Path) -> dict[str, Any]:
    config = yaml.safe_load((folder / "alertmanager.yml").read_text())
    found = {one.pop("name"): one for one in config["receivers"]}
    return {name: next(iter(one.values()))[0] for name, one in found.items() if one}


def test_what_is_set_becomes_a_receiver_letter_by_letter(tmp_path: Path) -> None:
    assert started(tmp_path, **CHOSEN_RECEIVERS).returncode == 0
    found = receivers(tmp_path)
    given = CHOSEN_RECEIVERS
    assert set(found) == {"pagerduty", "slack", "email", "webhook", "watchdog"}
    assert found["pagerduty"]["routing_key"] == given["ALERTMANAGER_PAGERDUTY_KEY"]
    assert found["slack"]["api_url"] == given["ALERTMANAGER_SLACK_WEBHOOK"]
    assert found["email"]["auth_password"] == given["ALERTMANAGER_SMTP_PASSWORD"]
    assert (found["email"]["to"], found["email"]["smarthost"]) == (
        given["ALERTMANAGER_EMAIL_TO"],
        given["ALERTMANAGER_SMTP_HOST"],
    )
    assert (found["webhook"]["url"], found["watchdog"]["url"]) == (
        given["ALERTMANAGER_WEBHOOK"],
        given["ALERTMANAGER_WATCHDOG_URL"],
    )


def test_secrets_are_for_nobody_else_to_read_and_not_in_the_environment_of_alertmanager(tmp_path: Path) -> None:
    started(tmp_path, **CHOSEN_RECEIVERS)
    assert (tmp_path / "alertmanager.yml").stat().st_mode & 0o777 == 0o600
    environment = (tmp_path / "environment").read_text()
    assert [value for value in CHOSEN_RECEIVERS.values() if value in environment] == []
    assert (tmp_path / "argument").read_text() == f"--config.file={tmp_path / 'alertmanager.yml'}"


@pytest.mark.parametrize("content", ["secret\n", "\ufeffsecret\r\n"])
def test_a_secret_may_stand_in_a_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content, newline="")
    assert started(tmp_path, ALERTMANAGER_PAGERDUTY_KEY_FILE=str(tmp_path / "key")).returncode == 0
    assert receivers(tmp_path)["pagerduty"]["routing_key"] == "secret"


def test_without_any_address_nobody_is_told_and_it_starts_all_the_same(tmp_path: Path) -> None:
    assert started(tmp_path).returncode == 0
    assert receivers(tmp_path) == {}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"ALERTMANAGER_EMAIL_TO": "one@example.com"}, "needs ALERTMANAGER_EMAIL_FROM and ALERTMANAGER_SMTP_HOST"),
        ({"ALERTMANAGER_SLACK_WEBHOOK_FILE": "/nowhere/key"}, "SLACK_WEBHOOK_FILE names a file that cannot be read"),
        ({"ALERTMANAGER_WEBHOOK": "http://x\nreceivers: []"}, "ALERTMANAGER_WEBHOOK has more than one line"),
    ],
)
def test_what_cannot_work_is_one_sentence_and_no_start(tmp_path: Path, given: dict[str, str], problem: str) -> None:
    done = started(tmp_path, **given)
    assert (done.returncode, problem in done.stderr, done.stderr.count("\n")) == (2, True, 1)
    assert not (tmp_path / "environment").exists()


def routed(folder: Path, **labels: str) -> list[str]:
    words = (f"{name}={value}" for name, value in labels.items())
    found = says(tool("amtool"), "config", "routes", "test", f"--config.file={folder / 'alertmanager.yml'}", *words)
    return found.splitlines()[0].split(",")


def test_alertmanager_accepts_it_and_tells_each_level_to_whom_the_product_tells_it(tmp_path: Path) -> None:
    started(tmp_path, **CHOSEN_RECEIVERS)
    assert "SUCCESS" in says(tool("amtool"), "check-config", str(tmp_path / "alertmanager.yml"))
    assert routed(tmp_path, alertname="ticks", severity="critical") == ["pagerduty", "webhook"]
    assert routed(tmp_path, alertname="late", severity="high") == ["pagerduty", "slack", "webhook"]
    assert routed(tmp_path, alertname="parked", severity="medium") == ["slack", "email", "webhook"]
    assert routed(tmp_path, alertname="feed", severity="low") == ["email", "webhook"]
    assert routed(tmp_path, alertname="watchdog", severity="none") == ["watchdog"]


def test_every_alert_that_a_route_or_an_inhibition_names_exists() -> None:
    config = yaml.safe_load((FOLDER / "alertmanager.yml").read_text())
    matchers = [one for rule in config["inhibit_rules"] for side in rule.values() for one in side]
    named = {
        name for one in matchers if one.startswith("alertname") for name in re.findall(r"\w+", one.partition("=")[2])
    } | {name for one in matchers if "alertname !~" in one for name in re.findall(r"\w+", one.partition("!~")[2])}
    assert named <= {rule["alert"] for rule in ALERTS}
    assert {"scrape", "redis", "ticks", "blocked"} <= named


# -- the dashboard -----------------------------------------------------------------------------


def test_every_panel_has_a_place_of_its_own_a_title_and_words_for_who_sees_it_first() -> None:
    places: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not own & places, panel["title"]
        assert at["x"] + at["w"] <= 24
        places |= own
        assert panel["title"]
        assert panel["type"] == "row" or (panel["description"].endswith(".") and panel["targets"])
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_the_dashboard_asks_the_source_that_is_provisioned() -> None:
    [source] = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]
    asked = [target["datasource"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    assert {(one["type"], one["uid"]) for one in asked} == {(source["type"], source["uid"])}


def test_prometheus_understands_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    rules = [
        {"record": f"panel:number:{number}", "expr": one.replace("$__rate_interval", "5m")}
        for number, one in enumerate(asked)
    ]
    (tmp_path / "rules.json").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(asked)} rules found" in says(tool("promtool"), "check", "rules", tmp_path / "rules.json")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({'up{job="cody2zoho"}': 0}, 0),
        ({'up{job="cody2zoho"}': 1, "cody2zoho_up": 0}, 0),
        ({'up{job="cody2zoho"}': 1, "cody2zoho_up": 1, 'cody2zoho_blocked{what="zoho"}': 0, "cody2zoho_paused": 0}, 1),
        ({'up{job="cody2zoho"}': 1, "cody2zoho_up": 1, 'cody2zoho_blocked{what="zoho"}': 1, "cody2zoho_paused": 0}, 2),
        ({'up{job="cody2zoho"}': 1, "cody2zoho_up": 1, 'cody2zoho_blocked{what="zoho"}': 1, "cody2zoho_paused": 1}, 4),
    ],
    ids=["no ops", "no Redis", "well", "blocked", "blocked and paused"],
)
def test_the_dashboard_says_so_where_nothing_else_can_be_read(tmp_path: Path, told: dict[str, int], shown: int) -> None:
    [panel] = [one for one in DASHBOARD["panels"] if one["title"] == "State"]
    case = {
        "interval": "1m",
        "input_series": [{"series": name, "values": str(value)} for name, value in told.items()],
        "promql_expr_test": [
            {"expr": panel["targets"][0]["expr"], "eval_time": "1m", "exp_samples": [{"labels": "{}", "value": shown}]}
        ],
    }
    assert "SUCCESS" in judged(tmp_path, case)
    mapped = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    assert mapped[str(shown)]["text"] == {0: "down", 1: "works", 2: "blocked", 4: "blocked, paused"}[shown]


def test_the_dashboard_shows_all_that_the_status_page_is_asked_for() -> None:
    asked = " ".join(expressions())
    for name in (
        "conversations_recent",
        "conversations_in_state",
        "next_look_timestamp_seconds",
        "conversations_parked",
        "case_delay_seconds_bucket",
        "zoho_credits_remaining",
        "cody_requests_per_minute",
        "api_requests_total",
        "token_remaining_seconds",
        "workers",
        "queue_messages",
        "alerts_raised",
    ):
        assert f"cody2zoho_{name}" in asked


# -- compose -----------------------------------------------------------------------------------

COMPOSE = yaml.safe_load((FOLDER / "docker-compose.yml").read_text())
BESIDE = {name: service for name, service in COMPOSE["services"].items() if name != "ops"}
every_service = pytest.mark.parametrize("name", BESIDE)


@every_service
def test_every_service_runs_with_the_least_it_needs(name: str) -> None:
    service = BESIDE[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert service["restart"] == "unless-stopped"
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert service["user"].partition(":")[0] not in ("", "0", "root")
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["healthcheck"]["test"][0] == "CMD"


@every_service
def test_every_service_is_of_a_named_release_and_published_on_loopback_only(name: str) -> None:
    assert re.fullmatch(r"[\w/]+:v?\d+\.\d+\.\d+", BESIDE[name]["image"])
    assert all(re.fullmatch(r"127\.0\.0\.1:\$\{\w+:-\d+\}:\d+", port) for port in BESIDE[name]["ports"])


def test_every_file_that_is_mounted_is_there_and_cannot_be_written_to() -> None:
    mounts = [one.split(":") for service in BESIDE.values() for one in service["volumes"]]
    files = [parts for parts in mounts if parts[0].startswith(".")]
    assert len(files) == 6
    for source, _, mode in files:
        assert (FOLDER.parents[1] / source).exists()
        assert mode == "ro"
    assert {parts[0] for parts in mounts if not parts[0].startswith(".")} == set(COMPOSE["volumes"])


def test_the_token_gets_from_the_environment_to_where_prometheus_reads_it_and_nowhere_else(tmp_path: Path) -> None:
    [command] = BESIDE["prometheus"]["command"]
    [job] = [one for one in SCRAPES if one["job_name"] == "cody2zoho"]
    place = job["authorization"]["credentials_file"]
    assert f"> {place};" in command
    here = command.replace(place, str(tmp_path / "token")).replace("$$", "$").replace("exec prometheus", "env; echo")
    environment = {"PATH": os.environ["PATH"], "OPS_TOKEN": "it's $a token"}
    done = subprocess.run(["sh", "-c", here], env=environment, capture_output=True, text=True, timeout=30, check=True)
    assert (tmp_path / "token").read_text() == "it's $a token"
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert "token" not in done.stdout.replace(str(tmp_path), "")


SCRAPES = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]


def test_whoever_forgets_a_secret_is_told_which() -> None:
    for service, name in (("ops", "OPS_TOKEN"), ("prometheus", "OPS_TOKEN"), ("grafana", "GF_SECURITY_ADMIN_PASSWORD")):
        assert re.match(r"\$\{\w+:\?write \w+ into \.env", COMPOSE["services"][service]["environment"][name])


def test_every_setting_of_a_receiver_gets_to_alertmanager_and_is_documented() -> None:
    page = (DOCS / "monitoring.md").read_text()
    passed = {name for name in BESIDE["alertmanager"]["environment"] if name != "ALERTMANAGER_ROUTES"}
    assert passed == set(CHOSEN_RECEIVERS)
    assert [name for name in (*passed, "OPS_TOKEN", "GRAFANA_PASSWORD") if f"`{name}`" not in page] == []
