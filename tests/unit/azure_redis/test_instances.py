"""Which instance is meant, and what is shown of it."""

import json

import pytest

from arm import SUBSCRIPTION, cache, cluster, database


def test_the_instance_that_redis_url_leads_to_is_shown(azure, call) -> None:
    shown = json.loads(call("show", "--json").output)

    assert (shown["service"], shown["name"], shown["group"]) == ("Azure Managed Redis", "shop-managed", "shop")
    assert (shown["state"], shown["sku"], shown["version"]) == ("Running", "Balanced_B1", "7.4")
    assert (shown["host"], shown["port"]) == ("shop-managed.westeurope.redis.azure.net", 10000)
    assert (shown["has_keys"], shown["is_public"], shown["plain_port"]) == (True, False, None)
    assert (shown["eviction"], shown["persistence"], shown["clustering"]) == ("NoEviction", "AOF every 1s", "NoCluster")


def test_an_azure_cache_is_shown_with_its_patch_schedule(classic, call) -> None:
    classic.patched = [
        {"name": "default", "properties": {"scheduleEntries": [{"dayOfWeek": "Sunday", "startHourUtc": 3}]}}
    ]
    shown = json.loads(call("show", "--json").output)

    assert (shown["service"], shown["sku"], shown["version"]) == ("Azure Cache for Redis", "Premium P1", "6.0.20")
    assert (shown["port"], shown["minimum_tls"], shown["maintenance"]) == (6380, "1.2", "Sunday 03:00 UTC")
    assert (shown["persistence"], shown["eviction"]) == ("RDB every 60 minutes", "noeviction")
    assert (shown["has_keys"], shown["has_entra"], shown["has_replica"]) == (True, True, True)


def test_what_is_switched_off_or_open_is_shown_so(classic, call) -> None:
    classic.caches = [cache(disableAccessKeyAuthentication=True, enableNonSslPort=True, publicNetworkAccess="Enabled")]
    lines = call("show").output.splitlines()

    assert "access keys       off" in lines
    assert "port without TLS  6379" in lines
    assert "public access     on" in lines


def test_a_cluster_without_a_database_yet_is_shown(azure, call) -> None:
    azure.clusters, azure.databases = [cluster(resourceState="Creating")], []
    shown = json.loads(call("show", "--json").output)

    assert (shown["state"], shown["port"], shown["eviction"]) == ("Creating", 10000, "")


def test_an_instance_is_found_by_its_name_and_group_in_capitals_or_not(azure, call, monkeypatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://localhost:6379/0")
    azure.caches = [cache()]

    assert "Azure Cache for Redis" in call("show", "--name", "SHOP-cache", "--resource-group", "Shop").output
    assert "Azure Managed Redis" in call("show", "--name", "shop-managed", "-g", "shop").output


def test_an_address_that_is_not_in_azure_says_what_to_name(azure, call, monkeypatch) -> None:
    for address in ("redis://localhost:6379/0", "redis://10.0.0.4:6379/0", "unix:///run/redis.sock"):
        monkeypatch.setenv("REDIS_URL", address)
        refused = call("show")
        assert refused.exit_code == 2
        assert refused.stderr.startswith("REDIS_URL does not lead to a Redis in Azure: name the instance with --name")
    assert azure.asked == []


def test_an_address_nobody_has_in_the_subscription_names_those_there_are(azure, call, monkeypatch) -> None:
    monkeypatch.setenv("REDIS_URL", "rediss://other.redis.cache.windows.net:6380")
    refused = call("show")

    assert refused.exit_code == 2
    assert "has the host other.redis.cache.windows.net of REDIS_URL" in refused.stderr
    assert "--name shop-managed --resource-group shop" in refused.stderr


def test_two_that_may_be_meant_are_both_named(azure, call) -> None:
    azure.caches = [cache()]
    refused = call("show", "--resource-group", "shop")

    assert refused.exit_code == 2
    assert "Several instances are meant" in refused.stderr
    assert "--name shop-cache" in refused.stderr
    assert "--name shop-managed" in refused.stderr


def test_a_subscription_without_redis_says_so(azure, call) -> None:
    azure.clusters = []

    about = ": is it another --subscription?\n"
    assert call("show").stderr == f"There is no Redis in the Azure subscription {SUBSCRIPTION}{about}"
    assert call("show", "--resource-group", "shop").stderr == f"There is no Redis in the resource group shop{about}"


def test_who_may_see_no_more_than_a_resource_group_names_it(azure, call) -> None:
    azure.refuses = [(rf"^/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Cache", 403, "AuthorizationFailed", {})]
    refused = call("show")

    assert refused.exit_code == 1
    assert "have somebody give it the role Reader" in refused.stderr
    assert call("show", "--resource-group", "shop").exit_code == 0


def test_the_only_subscription_that_is_enabled_needs_no_name(azure, call) -> None:
    azure.subscriptions.append({"subscriptionId": "old", "displayName": "Old", "state": "Disabled"})

    assert call("show").exit_code == 0


def test_one_of_several_subscriptions_has_to_be_chosen(azure, call, monkeypatch) -> None:
    azure.subscriptions.append({"subscriptionId": "other", "displayName": "Other", "state": "Enabled"})
    refused = call("show")

    assert refused.exit_code == 2
    assert f"{SUBSCRIPTION} (Shop), other (Other)" in refused.stderr
    assert call("show", "--subscription", SUBSCRIPTION).exit_code == 0
    monkeypatch.setenv("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
    assert call("show").exit_code == 0


def test_a_sign_in_that_sees_no_subscription_says_what_to_do(azure, call) -> None:
    azure.subscriptions = []
    refused = call("show")

    assert refused.exit_code == 2
    assert "sees no Azure subscription" in refused.stderr


def test_the_commands_need_no_settings_of_cody_and_zoho(azure, call) -> None:
    """Whoever looks after Redis may have none of them."""
    assert call("show").exit_code == 0


def test_a_wrong_setting_of_redis_is_one_sentence(azure, call, monkeypatch) -> None:
    monkeypatch.setenv("AZURE_MANAGEMENT_URL", "management.azure.com")
    refused = call("show")

    assert refused.exit_code == 2
    assert refused.stderr.startswith('AZURE_MANAGEMENT_URL "management.azure.com" is not a web address')


def test_the_enterprise_tiers_are_told_from_azure_managed_redis(azure, call) -> None:
    azure.clusters = [cluster(sku="Enterprise_E10")]

    shown = json.loads(call("show", "--json").output)
    assert (shown["service"], shown["has_entra"]) == ("Azure Cache for Redis Enterprise", False)


@pytest.mark.parametrize("policy", ["OSSCluster", "EnterpriseCluster"])
def test_the_clustering_policy_is_shown(azure, call, policy) -> None:
    azure.databases = [database(clusteringPolicy=policy)]

    assert json.loads(call("show", "--json").output)["clustering"] == policy
