"""The page on which a person says whether a client may do what it asks for."""

from collections.abc import Mapping
from html import escape

from cody2zoho.simulators.wire import Reply

#: What the page's buttons add to its own address.
DECISION, ACCEPT, REJECT = "decision", "accept", "reject"

_STYLE = "body{font:16px/1.5 sans-serif;max-width:34em;margin:4em auto;padding:0 1em}li{font-family:monospace}"


def page(query: Mapping[str, str]) -> Reply:
    """All that was asked goes through the form, so that the answer to a button is the same request, decided."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in query.items()
    )
    scopes = "".join(f"<li>{escape(scope)}</li>" for scope in query["scope"].split(","))
    return _html(
        f"<h1>Simulated Zoho</h1><p><b>{escape(query['client_id'])}</b> would like to access the following "
        f"information:</p><ul>{scopes}</ul><form>{hidden}"
        f'<button name="{DECISION}" value="{ACCEPT}">Accept</button> '
        f'<button name="{DECISION}" value="{REJECT}">Reject</button></form>'
    )


def mistake(error: str) -> Reply:
    """Zoho shows its own page and sends nobody back: an address that it does not know may be anybody's."""
    return _html(f"<h1>ERROR_{escape(error)}</h1><p>Simulated Zoho: {escape(error)}</p>")


def _html(body: str) -> Reply:
    head = f"<head><title>Simulated Zoho</title><link rel=icon href=data:,><style>{_STYLE}</style></head>"
    text = f"<!doctype html><html>{head}<body>{body}</body></html>"
    return Reply(200, text.encode(), {"Content-Type": "text/html; charset=UTF-8"})
