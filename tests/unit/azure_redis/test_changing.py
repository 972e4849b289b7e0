"""Keys, reboot, export and import: asked first, never by accident, and nothing secret is shown."""

import pytest

from arm import HUNG_UP, cache, database

SAS = "https://shop.blob.core.windows.net/backups?sv=2024&sig=SECRET"
FILE = "https://shop.blob.core.windows.net/backups/dump.rdb?sv=2024&sig=SECRET"


def changes(azure) -> list[tuple[str, object]]:
    """What was changed, by the last part of its path."""
    mild = ("listKeys", "query")
    return [
        (path.rpartition("/")[2], body) for method, path, body in azure.asked if method == "POST"
        and not path.endswith(mild)
    ]  # fmt: skip


# -- keys -------------------------------------------------------------------------------------


def test_keys_are_masked_and_the_one_in_use_is_named(azure, call) -> None:
    shown = call("keys").output

    assert shown.splitlines()[0].split() == ["primary", "…ppp=", "in", "REDIS_URL"]
    assert "p" * 10 not in shown
    assert "s" * 10 not in call("keys", "--json").output


def test_whole_keys_go_to_no_file_or_pipe(azure, call) -> None:
    refused = call("keys", "--show")

    assert refused.exit_code == 2
    assert "--show writes keys to a terminal only" in refused.output
    assert "p" * 10 not in refused.output


def test_whole_keys_are_shown_on_a_terminal(azure, typed) -> None:
    exit_code, screen = typed("keys", "--show")

    assert exit_code == 0
    assert "p" * 43 in screen
    assert "s" * 43 in screen


def test_an_instance_without_keys_says_so(azure, call) -> None:
    azure.databases = [database(accessKeysAuthentication="Disabled")]

    for words in (("keys",), ("regenerate-key", "primary", "--yes")):
        refused = call(*words)
        assert refused.exit_code == 1
        assert "are switched off: Microsoft Entra ID alone lets in" in refused.stderr
    assert changes(azure) == []


@pytest.mark.parametrize("words", [("regenerate-key", "primary"), ("import", "--from", FILE)])
def test_without_a_terminal_and_without_yes_nothing_is_done(azure, call, words) -> None:
    refused = call(*words, given="y\nshop-managed\n")

    assert refused.exit_code == 2
    assert "there is no terminal to answer at: add --yes" in refused.stderr
    assert changes(azure) == []


def test_a_reboot_without_a_terminal_and_without_yes_is_not_done(classic, call) -> None:
    assert call("reboot", given="y\n").exit_code == 2
    assert changes(classic) == []


@pytest.mark.parametrize("service", ["azure", "classic"])
def test_a_key_is_made_anew_and_not_shown(request, call, service) -> None:
    far_end = request.getfixturevalue(service)
    done = call("regenerate-key", "secondary", "--yes")

    assert done.exit_code == 0
    assert changes(far_end) == [("regenerateKey", {"keyType": "Secondary"})]
    assert far_end.keys["secondaryKey"].startswith("nnn")
    assert "nnn" not in done.output
    assert "REDIS_URL of worker, beat, flower and ops" in done.output


def test_making_the_key_in_use_anew_warns_that_workers_lose_redis(azure, call) -> None:
    assert "REDIS_URL uses the primary key" in call("regenerate-key", "primary", "--yes").output
    assert "REDIS_URL uses" not in call("regenerate-key", "secondary", "--yes").output


def test_a_no_at_the_terminal_changes_nothing(azure, typed) -> None:
    exit_code, screen = typed("regenerate-key", "primary", lines="n\n")

    assert exit_code == 1
    assert "Nothing was done." in screen
    assert changes(azure) == []


def test_a_yes_at_the_terminal_makes_it_anew(azure, typed) -> None:
    exit_code, _ = typed("regenerate-key", "primary", lines="y\n")

    assert exit_code == 0
    assert changes(azure) == [("regenerateKey", {"keyType": "Primary"})]


# -- reboot, start, stop ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "asked"), [("all", "AllNodes"), ("primary", "PrimaryNode"), ("secondary", "SecondaryNode")]
)
def test_an_azure_cache_is_rebooted(classic, call, nodes, asked) -> None:
    assert call("reboot", "--nodes", nodes, "--yes").exit_code == 0
    assert changes(classic) == [("forceReboot", {"rebootType": asked})]


@pytest.mark.parametrize(
    ("tier", "nodes", "is_lost"),
    [("Basic", "primary", True), ("Standard", "all", True), ("Standard", "primary", False)],
)
def test_a_reboot_that_loses_everything_says_so(classic, call, tier, nodes, is_lost) -> None:
    classic.caches = [cache(sku={"name": tier, "family": "C", "capacity": 1}, redisConfiguration={})]

    assert ("Everything in it is lost" in call("reboot", "--nodes", nodes, "--yes").output) is is_lost


def test_a_reboot_of_what_writes_each_change_to_disk_loses_nothing(classic, call) -> None:
    classic.caches = [cache(redisConfiguration={"aof-backup-enabled": "true"})]

    assert "nothing is lost but what was just written" in call("reboot", "--yes").output


def test_a_reboot_of_what_is_saved_now_and_then_says_that_the_time_since_is_lost(classic, call) -> None:
    said = call("reboot", "--yes").output

    assert "What was written since it was last saved is lost (RDB every 60 minutes)" in said
    assert "nothing is lost" not in said
    assert "nothing is lost but what was just written" in call("reboot", "--nodes", "primary", "--yes").output


def test_azure_managed_redis_has_no_reboot_and_the_command_says_what_does_it(azure, call) -> None:
    refused = call("reboot", "--yes")

    assert refused.exit_code == 1
    assert "Azure Managed Redis cannot be rebooted" in refused.stderr
    assert changes(azure) == []


@pytest.mark.parametrize(("command", "instead"), [("start", "azure deploy"), ("stop", "cody2zoho pause")])
def test_start_and_stop_say_that_azure_has_none_and_what_does_it(azure, call, command, instead) -> None:
    refused = call(command)

    assert refused.exit_code == 1
    assert instead in refused.stderr
    assert azure.asked == []


# -- export and import ------------------------------------------------------------------------


def test_a_managed_instance_is_exported_and_the_sas_is_shown_to_nobody(azure, call) -> None:
    done = call("export", "--to", SAS)

    assert done.exit_code == 0
    assert changes(azure) == [("export", {"sasUri": SAS})]
    assert done.stdout == "exported to https://shop.blob.core.windows.net/backups\n"
    assert "SECRET" not in done.output


def test_an_azure_cache_is_exported_under_the_names_that_were_asked_for(classic, call) -> None:
    done = call("export", "--to", SAS, "--prefix", "before upgrade")

    assert changes(classic) == [("export", {"format": "RDB", "prefix": "before-upgrade", "container": SAS})]
    assert "names begin with before-upgrade" in done.stdout


def test_a_managed_instance_that_names_its_files_itself_takes_no_name_for_them(azure, call) -> None:
    refused = call("export", "--to", SAS, "--prefix", "before-upgrade")

    assert refused.exit_code == 2
    assert "Azure Managed Redis names the files itself: leave out --prefix." in refused.stderr
    assert changes(azure) == []


def test_the_sas_can_come_from_the_input(azure, call) -> None:
    """So that neither the shell's history nor the list of processes has it."""
    assert call("export", "--to", "-", given=f"{SAS}\n").exit_code == 0
    assert changes(azure) == [("export", {"sasUri": SAS})]


@pytest.mark.parametrize(
    "address",
    [
        "backups",
        SAS.partition("?")[0],
        SAS.replace("https", "http"),
        SAS.replace("/backups", ""),
        SAS.replace("shop", "[shop"),
    ],
)
def test_an_address_without_a_sas_is_refused_before_azure_is_asked_for_anything(azure, call, address) -> None:
    for words in (("export", "--to", address), ("import", "--from", address, "--yes")):
        refused = call(*words)
        assert refused.exit_code == 2
        assert "no address of Azure Blob with a SAS" in refused.stderr
        assert "SECRET" not in refused.output
    assert azure.asked == []


@pytest.mark.parametrize("words", [("export", "--to", SAS), ("import", "--from", FILE, "--yes")])
def test_a_tier_that_cannot_be_exported_says_what_can(classic, call, words) -> None:
    classic.caches = [cache(sku={"name": "Standard", "family": "C", "capacity": 1})]
    refused = call(*words)

    assert refused.exit_code == 1
    assert (
        "Azure exports and imports no Standard instance, only Premium ones: use `cody2zoho backup create`"
        in refused.stderr
    )
    assert changes(classic) == []


def test_an_import_says_what_is_lost_and_replaces_everything(azure, call) -> None:
    done = call("import", "--from", FILE, "--yes")

    assert done.exit_code == 0
    assert changes(azure) == [("import", {"sasUris": [FILE]})]
    assert "All data of shop-managed is replaced" in done.output
    assert "no case is made twice" in done.output
    assert "SECRET" not in done.output


def test_an_azure_cache_takes_several_files(classic, call) -> None:
    call("import", "--from", FILE, "--from", FILE.replace("dump", "more"), "--yes")

    assert changes(classic) == [("import", {"format": "RDB", "files": [FILE, FILE.replace("dump", "more")]})]


@pytest.mark.parametrize(("typed_name", "is_done"), [("shop-managed", True), ("yes", False), ("", False)])
def test_an_import_wants_the_name_of_the_instance_typed(azure, typed, typed_name, is_done) -> None:
    exit_code, _ = typed("import", "--from", FILE, lines=f"{typed_name}\n")

    assert exit_code == (0 if is_done else 1)
    assert bool(changes(azure)) is is_done


@pytest.mark.parametrize("service", ["azure", "classic"])
def test_an_export_that_azure_gives_up_is_told(request, call, service) -> None:
    far_end = request.getfixturevalue(service)
    error = {"code": "ExportFailed", "message": f"The blob {SAS} cannot be written"}
    far_end.operation = {"status": "Failed", "error": error}
    refused = call("export", "--to", SAS)

    assert refused.exit_code == 1
    assert "Azure refuses that (ExportFailed): The blob https://shop.blob.core.windows.net/backups?…" in refused.stderr
    assert "SECRET" not in refused.output


@pytest.mark.parametrize("service", ["azure", "classic"])
@pytest.mark.parametrize("status", [500, HUNG_UP])
def test_a_key_that_may_have_been_made_anew_is_not_made_anew_unseen(request, call, service, status) -> None:
    far_end = request.getfixturevalue(service)
    far_end.refuses = [("regenerateKey", status, "InternalServerError", {})]
    told = call("regenerate-key", "primary", "--yes")

    assert told.exit_code == 1
    assert told.stderr.startswith("Azure did not say whether it did it (")
    assert len(changes(far_end)) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503, HUNG_UP])
def test_an_import_that_cannot_be_asked_about_is_not_called_failed(azure, call, status) -> None:
    """Who would begin it again would have Azure do it twice."""
    azure.refuses = [("/operations/1", status, "Busy", {})]
    told = call("import", "--from", FILE, "--yes")

    assert told.exit_code == 1
    assert "Azure has begun, and cannot be asked how far it is" in told.stderr
    assert changes(azure) == [("import", {"sasUris": [FILE]})]
