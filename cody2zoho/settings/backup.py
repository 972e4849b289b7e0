"""Backups of what the ledger knows."""

from pydantic import BaseModel, SecretStr

from cody2zoho.settings import formats
from cody2zoho.settings.setting import setting


class Backups(BaseModel):
    """When, where to, and closed with what."""

    backup_at: formats.TimeOfDay = setting(
        "never", "Time of day, in UTC, at which a worker makes a backup; never = not by itself."
    )
    backup_to: str = setting(
        "",
        "Folder of backups, or azure://container/prefix, or https://account.blob.core.windows.net/container/prefix; "
        "empty = the folder backups in STATE_DIR.",
    )
    backup_keep: int = setting(14, "So many backups are kept when a worker has made another one.", ge=1, le=10_000)
    backup_passphrase: SecretStr = setting(
        SecretStr(""), "Passphrase that backups are encrypted with, 12 characters at least; empty = not encrypted."
    )
    backup_key_file: str = setting(
        "", "File with 32 to 4096 bytes of chance that backups are encrypted with, in place of a passphrase."
    )
    backup_azure_connection_string: SecretStr = setting(
        SecretStr(""), "Connection string of the storage account for backups; empty = managed identity, or `az login`."
    )
    alert_backup_hours: float = setting(
        26, "Hours after which the last good backup is too old, where BACKUP_AT is set.", gt=0, le=8_760
    )
