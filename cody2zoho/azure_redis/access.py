"""How Azure is asked: who signs in, Azure's own clients, and its refusals as sentences.

Azure's words may quote an address with its key, or somebody's e-mail address; `logs.safe` takes both out.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from json import JSONDecodeError
from typing import Any

from cody2zoho.azure_redis.instance import word
from cody2zoho.errors import (
    AccessRevoked,
    Cody2ZohoError,
    ConfigurationError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Transient,
)
from cody2zoho.logs import safe
from cody2zoho.settings import Settings

#: Azure has so many seconds to take a connection, and to answer.
_CONNECT_SECONDS, _ANSWER_SECONDS = 10, 60

#: Between two looks at what takes Azure minutes, unless it says how long.
_POLL_SECONDS = 5

_LONGEST_WORDS = 200

_NOT_AZURE = "What answers is not Azure: see to a proxy that wants a log-in, and to AZURE_MANAGEMENT_URL."

#: How Azure answers who may not ask, or asks where it knows nothing; None, where nobody is signed in any more. Another
#: answer is of what was begun.
_UNASKED = (None, 401, 403, 404)

#: The smallest role of Azure's own that may do it, by the action that was refused.
_ROLES = (
    # The one of Azure Cache may nothing with Azure Managed Redis.
    (r"microsoft\.cache/redisenterprise/.*(?<!/read)$", "Azure Managed Redis Contributor"),
    (r"microsoft\.cache/.*(?<!/read)$", "Redis Cache Contributor"),
    (r"microsoft\.(insights|alertsmanagement)/", "Monitoring Reader"),
    (r"microsoft\.operationalinsights/", "Log Analytics Reader"),
    ("", "Reader"),
)


class Azure:
    """Azure's clients, each made when it is wanted; they send once, as all of ours do."""

    def __init__(self, settings: Settings, subscription_id: str = "") -> None:
        if not is_installed():
            raise ConfigurationError(
                ["Azure's libraries are not installed: run pip install 'cody2zoho[azure-admin]', then again."]
            )
        # Without a handler Python prints the libraries' warnings; what is wrong, we say.
        logging.getLogger("azure").addHandler(logging.NullHandler())
        self._settings = settings
        self._chosen = subscription_id or settings.azure_subscription_id

    @cached_property
    def subscription_id(self) -> str:
        """The chosen one, or the only one that this sign-in sees."""
        if self._chosen:
            return self._chosen
        with asking():
            seen = [one for one in self._subscriptions() if word(one.state) == "Enabled"]
        if len(seen) == 1:
            return str(seen[0].subscription_id)
        if not seen:
            sentence = "This sign-in sees no Azure subscription: sign in to the right tenant with az login --tenant."
            raise ConfigurationError([sentence])
        names = ", ".join(f"{one.subscription_id} ({one.display_name})" for one in seen)
        sentence = f"This sign-in sees several Azure subscriptions; choose one with --subscription: {names}."
        raise ConfigurationError([sentence])

    def _subscriptions(self) -> list[Any]:
        from azure.mgmt.resource.subscriptions import SubscriptionClient

        return list(SubscriptionClient(self._credential, **self._ways).subscriptions.list())

    @cached_property
    def _credential(self) -> Any:
        from azure.identity import DefaultAzureCredential

        try:
            return DefaultAzureCredential(process_timeout=_ANSWER_SECONDS)
        except ValueError as error:
            # Its words name the setting, or what is wrong with it; never the secret.
            words = _in_short(str(error))
            sentence = f"See AZURE_TENANT_ID, AZURE_AUTHORITY_HOST and AZURE_TOKEN_CREDENTIALS, one is wrong: {words}"
            raise ConfigurationError([sentence]) from None

    @cached_property
    def _ways(self) -> dict[str, Any]:
        url = self._settings.azure_management_url.rstrip("/")
        return {
            "base_url": url,
            "credential_scopes": [f"{url}/.default"],
            "polling_interval": _POLL_SECONDS,
            **_ONCE,
        }

    @cached_property
    def redis(self) -> Any:
        from azure.mgmt.redis import RedisManagementClient

        return RedisManagementClient(self._credential, self.subscription_id, **self._ways)

    @cached_property
    def enterprise(self) -> Any:
        """Azure Managed Redis goes by the name of what it came from."""
        from azure.mgmt.redisenterprise import RedisEnterpriseManagementClient

        return RedisEnterpriseManagementClient(self._credential, self.subscription_id, **self._ways)

    @cached_property
    def monitor(self) -> Any:
        from azure.mgmt.monitor import MonitorManagementClient

        return MonitorManagementClient(self._credential, self.subscription_id, **self._ways)

    @cached_property
    def alerts(self) -> Any:
        from azure.mgmt.alertsmanagement import AlertsManagementClient

        return AlertsManagementClient(self._credential, self.subscription_id, **self._ways)

    @cached_property
    def logs(self) -> Any:
        from azure.monitor.query import LogsQueryClient

        return LogsQueryClient(self._credential, endpoint=self._settings.azure_logs_url.rstrip("/"), **_ONCE)


_ONCE = {"retry_total": 0, "connection_timeout": _CONNECT_SECONDS, "read_timeout": _ANSWER_SECONDS}


def is_installed() -> bool:
    try:
        return all(find_spec(name) for name in ("azure.identity", "azure.mgmt.redis", "azure.mgmt.monitor"))
    except ModuleNotFoundError:
        return False


@contextmanager
def asking(*, changes: bool = False) -> Iterator[None]:
    """Turns what Azure's libraries raise into our errors; `changes` where something may have been done."""
    from azure.core import exceptions

    try:
        yield
    except exceptions.ClientAuthenticationError as error:
        raise _not_signed_in(error) from None
    except (exceptions.DecodeError, exceptions.DeserializationError, JSONDecodeError) as error:
        # A proxy's page, where somebody should log in.
        if changes:
            raise _unknown(type(error).__name__) from None
        raise Transient(_NOT_AZURE) from None
    except exceptions.HttpResponseError as error:
        if changes and (error.status_code or 0) >= 500:
            raise _unknown(f"{error.status_code} {_code(error)}") from None
        raise _refusal(error) from None
    except exceptions.AzureError as error:
        if changes:
            # Also where the libraries believe that it was not sent: a connection cut half-way looks the same.
            raise _unknown(_kind(error)) from None
        if isinstance(error, exceptions.ServiceRequestError):
            raise Transient(
                f"Azure cannot be reached ({_kind(error)}): see to the network, a proxy, and AZURE_MANAGEMENT_URL."
            ) from None
        raise Transient(f"Azure's answer did not arrive ({_kind(error)}): try again.") from None


def finished(begin: Callable[[], Any]) -> Any:
    """Begins what takes Azure minutes, and waits for its end. What keeps us from asking meanwhile does not end it."""
    with asking(changes=True):
        poller = begin()
    try:
        with asking():
            return poller.result()
    except Cody2ZohoError as error:
        told = getattr(error.__context__, "status_code", None)
        if not isinstance(error, Transient) and told not in _UNASKED:
            raise
        raise OutcomeUnknown(
            "Azure has begun, and cannot be asked how far it is: `cody2zoho azure redis logs` shows how it ends, "
            f"`show` its state. {error}"
        ) from None


def _unknown(why: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"Azure did not say whether it did it ({why}): look with `cody2zoho azure redis logs` before you try again."
    )


def _kind(error: Any) -> str:
    return type(error.inner_exception or error).__name__


def _not_signed_in(error: Any) -> Cody2ZohoError:
    if getattr(error, "status_code", None) == 401:
        return AccessRevoked(
            "Azure does not take this sign-in: run az login again, with --tenant where the subscription is another "
            "tenant's.",
            "azure",
        )
    return AccessRevoked(
        "Nobody is signed in to Azure: run az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET "
        "in the environment; in Azure, give the app a managed identity.",
        "azure",
    )


def _refusal(error: Any) -> Cody2ZohoError:
    """By status: who lacks a right, what is not there, what is busy, what is asked too often, what is wrong."""
    status, code = error.status_code or 0, _code(error)
    match status:
        case 403:
            action = _action(error)
            return Refused(
                f"This sign-in may not do that in Azure ({action or code}): have somebody give it the role "
                f"{_role(action)}; docs/azure-redis.md says on what."
            )
        case _ if 300 <= status < 400:
            return Transient(_NOT_AZURE)
        case 404:
            return Refused(f"Azure knows no such thing ({code}): see --name, --resource-group and --subscription.")
        case 409:
            return Transient(f"Azure is busy with that instance ({code}): wait until it is Running, then try again.")
        case 429:
            return _throttled(error)
        case _ if status >= 500:
            return Transient(f"Azure has a fault of its own ({status} {code}): try again later.")
    return Refused(f"Azure refuses that ({code}): {_words(error)}")


def _throttled(error: Any) -> RateLimited:
    told = str(error.response.headers.get("Retry-After", "")) if error.response is not None else ""
    seconds = float(told) if told.isdigit() else None
    wait = f"for {told} seconds" if seconds is not None else "for a while"
    return RateLimited(f"Azure wants to be left alone {wait}, because it was asked too much: try again then.", seconds)


def _code(error: Any) -> str:
    """Azure's name for it."""
    code = getattr(error.error, "code", "") or error.status_code or ""
    return re.sub(r"[^\w.]", "", str(code)) or "no code"


def _action(error: Any) -> str:
    """`Microsoft.Cache/redis/read`, out of the sentence in which Azure refuses it."""
    found = re.search(r"action '([\w./]+)'", str(error.message or ""))
    return found[1] if found else ""


def _role(action: str) -> str:
    return next(role for pattern, role in _ROLES if re.match(pattern, action, re.IGNORECASE))


def _words(error: Any) -> str:
    """Azure's own sentence, in one line, with no address' query and nobody's e-mail address."""
    return _in_short(str(getattr(error.error, "message", "") or "")) or "it says no more."


def _in_short(said: str) -> str:
    words = re.sub(r"(https?://[^\s?'\"]+)\?[^\s'\"]*", r"\1?…", " ".join(said.split()))
    return safe.text(words)[:_LONGEST_WORDS]
