"""Where log lines and errors go, besides standard output."""

import os
import re
import ssl
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, SecretStr, ValidationInfo, field_validator

from cody2zoho.settings.setting import setting


def _folder(value: str) -> str:
    """It need not be there yet, but we must be able to make it."""
    path = Path(value).absolute()
    there = next(one for one in (path, *path.parents) if one.exists())
    if value and not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise ValueError("cannot be written to")
    return value


def _authority(value: str) -> str:
    if value and not os.access(value, os.R_OK):
        raise ValueError("cannot be read")
    try:
        if value:
            ssl.create_default_context(cafile=value)
    except ssl.SSLError:
        raise ValueError("holds no certificate; it must be a PEM file") from None
    return value


def _dsn(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not re.fullmatch(r"https?://[^/@\s]+@[^/@\s]+/\S*\d+", value.get_secret_value()):
        raise ValueError("must be the DSN of a project, such as https://key@host/1: Sentry shows it as Client Keys")
    return value


class Logs(BaseModel):
    """Files, Graylog and Sentry."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = setting("INFO", "Least severe log lines to write.")
    log_format: Literal["auto", "json", "text"] = setting(
        "auto", "json, text, or auto = text on a terminal, else json."
    )
    log_dir: Annotated[str, AfterValidator(_folder)] = setting(
        "",
        "Folder for sync.log, monitor.log, alerts.log and cleanup.log, each of at most 10 MB, and five of the past; "
        "empty = none.",
    )
    environment: str = setting(
        "production",
        "What this installation is called where log lines, errors and alerts go.",
        validation_alias=AliasChoices("ENVIRONMENT", "SENTRY_ENVIRONMENT"),
    )
    enable_graylog: bool = setting(False, "Whether log lines go to Graylog too, as GELF.")
    graylog_host: str = setting("localhost", "Graylog's host.")
    graylog_port: int = setting(12_201, "Port of Graylog's GELF input.", ge=1, le=65_535)
    graylog_protocol: Literal["udp", "tcp", "http"] = setting("udp", "Kind of Graylog's GELF input: udp, tcp or http.")
    graylog_tls: bool = setting(False, "Whether the input speaks TLS: tcp or http only. Certificates are checked.")
    graylog_ca_file: Annotated[str, AfterValidator(_authority)] = setting(
        "", "Authority of the input's certificate, as a PEM file; empty = the usual ones."
    )

    sentry_dsn: Annotated[SecretStr, AfterValidator(_dsn)] = setting(
        SecretStr(""), "Address of a Sentry project, for errors and missed ticks; empty = none."
    )

    @field_validator("enable_graylog")
    @classmethod
    def _has_its_package(cls, value: bool) -> bool:
        if value and find_spec("pygelf") is None:
            raise ValueError("needs a package that is not installed: pip install 'cody2zoho[graylog]'")
        return value

    @field_validator("graylog_tls")
    @classmethod
    def _has_a_connection(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("graylog_protocol") == "udp":
            raise ValueError("needs GRAYLOG_PROTOCOL=tcp or http: GELF over UDP has no TLS")
        return value
