"""What the monitor sees is said, and what it finds mended goes on."""

import logging

import pytest

from cody2zoho.errors import AccessRevoked, Transient
from cody2zoho.simulators.faults import Fault
from cody2zoho.watching import monitor


@pytest.mark.parametrize(
    ("fault", "chosen", "error", "says"),
    [
        (Fault("502", path="/oauth/v2/token"), {}, Transient, "is out of order (502)"),
        (Fault("502", path="/nowhere"), {"zoho_refresh_token": "1000.hush"}, AccessRevoked, "ZOHO_REFRESH_TOKEN"),
    ],
)
def test_a_token_that_could_not_be_renewed_is_said_without_a_secret(
    plugged, server, caplog: pytest.LogCaptureFixture, fault: Fault, chosen: dict[str, str], error, says: str
) -> None:
    server.faults.add(fault)
    with pytest.raises(error):
        monitor.refresh_token(plugged(**chosen))
    [record] = [record for record in caplog.records if record.getMessage() == "token_refresh_failed"]
    assert record.levelno == logging.WARNING
    assert says in vars(record)["reason"]
    assert "hush" not in str(vars(record))


def test_a_set_up_that_was_mended_is_noticed_though_no_conversation_proves_it(plugged) -> None:
    worker = plugged()
    worker.blocks.put("zoho set-up", "Zoho's Cases have no field Cody_Conversation_ID: run `cody2zoho setup`")
    monitor.health(worker)
    assert worker.blocks.current() == {}


@pytest.mark.parametrize("lacking", [{"zoho_case_status": "Done"}, {"zoho_contact_id": "123"}])
def test_a_set_up_that_still_lacks_something_stays_blocked(plugged, lacking: dict[str, str]) -> None:
    worker = plugged(**lacking)
    worker.blocks.put("zoho set-up", "Zoho refuses it")
    monitor.health(worker)
    assert worker.blocks.current() == {"zoho set-up": "Zoho refuses it"}
