"""Backups in a container of Azure Blob Storage, with Microsoft's own library: an extra, loaded only where it is named.

A block blob is there when all its blocks are committed, and not before; one that exists is never written over.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from cody2zoho.backup.container import Source
from cody2zoho.backup.place import SUFFIX, Entry
from cody2zoho.errors import ConfigurationError, Permanent, Transient

_NO_LIBRARY = (
    "Azure Blob Storage needs packages that are not there: install cody2zoho with its extra `backup` "
    "(pip install 'cody2zoho[backup]')"
)

_BLOCK_BYTES = 4 * 2**20
_TIMEOUT_SECONDS = 30

#: From this status on the other side is to blame, for now.
_OUT_OF_ORDER = 500


@dataclass(frozen=True)
class Blobs:
    """`account` is its address; empty = the one that the connection string names."""

    account: str
    container: str
    prefix: str
    connection: str = ""

    @property
    def address(self) -> str:
        return "/".join(filter(None, (self.account or "azure:/", self.container, self.prefix)))

    def entries(self) -> list[Entry]:
        with _sentences(self.address):
            start = f"{self.prefix}/" if self.prefix else ""
            return [
                Entry(blob.name.removeprefix(start), blob.size, blob.last_modified.timestamp())
                for blob in self._client.list_blobs(name_starts_with=start or None)
                if blob.name.endswith(SUFFIX) and "/" not in blob.name.removeprefix(start)
            ]

    def write(self, name: str, chunks: Iterator[bytes]) -> int:
        counted = _Counted(chunks)
        with _sentences(self.address, name):
            self._ensure_free(name)
            self._blob(name).upload_blob(counted, overwrite=False, max_concurrency=1)
        return counted.size

    @contextmanager
    def opened(self, name: str) -> Iterator[Source]:
        with _sentences(self.address, name):
            yield _Download(self._blob(name).download_blob(max_concurrency=1))

    def part(self, name: str, offset: int, length: int) -> bytes:
        with _sentences(self.address, name):
            return bytes(self._blob(name).download_blob(offset, length).readall())

    def delete(self, name: str) -> None:
        with _sentences(self.address, name):
            self._blob(name).delete_blob()

    def _ensure_free(self, name: str) -> None:
        """Before all is read; the upload itself is refused too, where somebody was quicker."""
        from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError  # noqa: PLC0415

        try:
            self._blob(name).get_blob_properties()
        except ResourceNotFoundError as error:
            if _code(error) == "ContainerNotFound":
                raise
            return
        raise ResourceExistsError

    def _blob(self, name: str) -> Any:
        return self._client.get_blob_client("/".join(filter(None, (self.prefix, name))))

    @cached_property
    def _client(self) -> Any:
        # At INFO it writes every request with its address.
        logging.getLogger("azure").setLevel(logging.WARNING)
        return _opened(self)


def of(address: str, connection: str) -> Blobs:
    """`azure://container/prefix` of the connection string's account, or `https://account…/container/prefix`.

    Raises ConfigurationError.
    """
    parts = urlsplit(address)
    if parts.query or "@" in parts.netloc:
        raise ConfigurationError(
            ["The address of a container must hold no key or signature: write it into BACKUP_AZURE_CONNECTION_STRING."]
        )
    path = [part for part in parts.path.split("/") if part]
    if parts.scheme == "azure":
        if not connection:
            raise ConfigurationError(
                [
                    f"{address} needs BACKUP_AZURE_CONNECTION_STRING; or name the account: https://ACCOUNT.blob.core.windows.net/…"
                ]
            )
        return Blobs("", parts.netloc, "/".join(path), connection)
    if not path:
        raise ConfigurationError(
            [f"{address} names no container: write https://ACCOUNT.blob.core.windows.net/CONTAINER."]
        )
    return Blobs(f"https://{parts.netloc}", path[0], "/".join(path[1:]), connection)


def _opened(place: Blobs) -> Any:
    try:
        from azure.storage.blob import BlobServiceClient, LinearRetry  # noqa: PLC0415

        options: dict[str, Any] = {
            "max_block_size": _BLOCK_BYTES,
            "max_single_put_size": _BLOCK_BYTES,
            "max_single_get_size": _BLOCK_BYTES,
            "max_chunk_get_size": _BLOCK_BYTES,
            "connection_timeout": _TIMEOUT_SECONDS,
            "read_timeout": _TIMEOUT_SECONDS,
            # Its own way would wait for 84 seconds, and say nothing meanwhile.
            "retry_policy": LinearRetry(backoff=1, retry_total=2, random_jitter_range=0),
        }
        if place.connection:
            service = _connected(BlobServiceClient, place, options)
        else:
            from azure.identity import DefaultAzureCredential  # noqa: PLC0415

            service = BlobServiceClient(place.account, credential=DefaultAzureCredential(), **options)
    except ImportError:
        raise ConfigurationError([_NO_LIBRARY]) from None
    return service.get_container_client(place.container)


def _connected(client: Any, place: Blobs, options: dict[str, Any]) -> Any:
    try:
        service = client.from_connection_string(place.connection, **options)
    except ValueError:
        raise ConfigurationError(
            ["BACKUP_AZURE_CONNECTION_STRING is no connection string of a storage account: copy it from the portal."]
        ) from None
    if place.account and urlsplit(service.url).hostname != urlsplit(place.account).hostname:
        raise ConfigurationError(
            [
                f"BACKUP_AZURE_CONNECTION_STRING is of another account than {place.account}: use azure://CONTAINER/PREFIX."
            ]
        )
    return service


class _Counted:
    """What is uploaded, as a file that is read; how long it gets is known at its end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left, self.size = chunks, b"", 0

    def read(self, size: int = -1) -> bytes:
        parts, length = [self._left], len(self._left)
        while size < 0 or length < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            length += len(chunk)
        whole = b"".join(parts)
        found, self._left = (whole, b"") if size < 0 else (whole[:size], whole[size:])
        self.size += len(found)
        return found


class _Download:
    """A blob as a file that is read once, piece by piece."""

    def __init__(self, download: Any) -> None:
        self._chunks, self._left = iter(download.chunks()), b""

    def read(self, size: int, /) -> bytes:
        while len(self._left) < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            self._left += chunk
        found, self._left = self._left[:size], self._left[size:]
        return found


@contextmanager
def _sentences(where: str, name: str = "") -> Iterator[None]:
    """Azure's own words hold addresses with signatures; its codes say as much."""
    try:
        from azure.core import exceptions as azure  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError([_NO_LIBRARY]) from None
    try:
        yield
    except azure.ResourceExistsError:
        raise ConfigurationError([f"There is a backup {name} already: choose another name."]) from None
    except azure.ResourceNotFoundError as error:
        if _code(error) == "ContainerNotFound":
            raise ConfigurationError([f"{where} has no such container: make it in the storage account."]) from None
        raise ConfigurationError([f"There is no backup {name} in {where}."]) from None
    except azure.ClientAuthenticationError as error:
        raise Permanent(
            f"Azure lets nobody in at {where} ({_code(error)}): give this identity the role "
            "Storage Blob Data Contributor, or write BACKUP_AZURE_CONNECTION_STRING."
        ) from None
    except azure.HttpResponseError as error:
        if (error.status_code or 0) >= _OUT_OF_ORDER:
            raise Transient(f"Azure Blob Storage cannot be reached at {where} ({_code(error)}).") from None
        raise Permanent(f"Azure refuses what is asked at {where} ({_code(error)}).") from None
    except azure.AzureError as error:
        raise Transient(f"Azure Blob Storage cannot be reached at {where} ({type(error).__name__}).") from None


def _code(error: Any) -> str:
    code = getattr(error, "error_code", None) or getattr(error, "status_code", None) or type(error).__name__
    return str(getattr(code, "value", code))
