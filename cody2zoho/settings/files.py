"""Secrets in files, as Docker and Kubernetes hand them over: CODY_API_KEY_FILE=/run/secrets/cody_api_key."""

from pathlib import Path

from cody2zoho.settings.formats import is_unset

ENDING = "_FILE"


def secret(path: str) -> str:
    """What stands in the file, without the new line at its end.

    Raises ValueError, which shows neither path nor contents: people put the secret itself where its path belongs.
    """
    try:
        if not Path(path).is_file():
            raise ValueError("names a file that is not there; mount the secret there, or correct the path")
        text = Path(path).read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError("names a file that is not written in UTF-8; save it so") from None
    except OSError:
        raise ValueError("names a file that this user may not read; let it, for example with chmod 644") from None
    if is_unset("", text):
        raise ValueError("names a file that holds no value; write the secret into it")
    if "\n" in text:
        raise ValueError("names a file of more than one line; write the secret in one")
    return text
