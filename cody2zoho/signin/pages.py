"""What the browser shows when Zoho has sent it back: a page that needs nothing from anywhere."""

from html import escape
from typing import NamedTuple


class Words(NamedTuple):
    sign: str
    title: str
    next: str


AGREED = Words("✓", "Zoho has your consent", "Go back to the terminal: it finishes there. This tab can be closed.")
NOT_AGREED = Words("✗", "No consent", "Zoho gave no access. The terminal says why, and how to begin again.")
NOT_OURS = Words("?", "Not this sign-in", "This address belongs to another sign-in. Open the one the terminal shows.")
OVER = Words("✓", "Done already", "This sign-in was answered. Look at the terminal; this tab can be closed.")

#: Nothing is loaded, framed, kept or told to another page.
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · cody2zoho</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; font: 17px/1.5 system-ui, sans-serif;
       background: Canvas; color: CanvasText }}
main {{ max-width: 26rem; padding: 2rem; text-align: center }}
.sign {{ font-size: 3.5rem; line-height: 1 }}
h1 {{ font-size: 1.4rem; margin: .8rem 0 .4rem }}
p {{ margin: 0; opacity: .8 }}
</style>
</head>
<body>
<main>
<div class="sign" aria-hidden="true">{sign}</div>
<h1>{title}</h1>
<p>{next}</p>
</main>
<script>history.replaceState(null, "", location.pathname)</script>
</body>
</html>
"""


def page(words: Words) -> bytes:
    """The script takes the code out of the address bar, and so out of the browser's history."""
    return _PAGE.format(**{name: escape(value) for name, value in words._asdict().items()}).encode()
