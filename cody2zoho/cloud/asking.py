"""Application Insights asked by the saved queries, from a terminal."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cody2zoho.cloud.az import Az
from cody2zoho.cloud.place import Place, resources
from cody2zoho.cloud.templates import main_template
from cody2zoho.errors import NotSetUp

#: Which conversation a query is about.
_ID = re.compile(r'let id = "\w+"')

_SERVICE = "https://api.applicationinsights.io"


@dataclass(frozen=True)
class Query:
    name: str
    text: str

    @property
    def sentence(self) -> str:
        return self.text.splitlines()[0].removeprefix("// ")

    @property
    def is_about_one(self) -> bool:
        return bool(_ID.search(self.text))

    def of(self, conversation: str) -> "Query":
        """The same, of this conversation instead of the example."""
        return Query(self.name, _ID.sub(f'let id = "{conversation}"', self.text))


@dataclass(frozen=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def queries() -> list[Query]:
    """All that lie beside the templates."""
    folder: Path = main_template().parent / "queries"
    return [Query(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.kql"))]


def ask(az: Az, place: Place, query: Query, hours: float) -> Table:
    """What the query finds in the last hours. Raises NotSetUp, Refused."""
    kind = "microsoft.insights/components"
    found = next((one for one in resources(az, place) if one.type.lower() == kind), None)
    if not found:
        raise NotSetUp(f"There is no Application Insights of {place.name}: `cody2zoho azure deploy` makes it.")
    app = az.ask("resource", "show", "--ids", found.id)["properties"]["AppId"]
    asked = json.dumps({"query": query.text, "timespan": f"PT{round(60 * hours)}M"})
    words = ("--method", "post", "--url", f"{_SERVICE}/v1/apps/{app}/query", "--resource", _SERVICE)
    with TemporaryDirectory(prefix="cody2zoho-") as folder:
        # In a file, for on Windows `az` is a batch file, to which `|` means something.
        body = Path(folder, "body.json")
        body.write_text(asked, "utf-8")
        [table, *_] = az.ask("rest", *words, "--body", f"@{body}")["tables"]
    return Table(tuple(one["name"] for one in table["columns"]), tuple(map(tuple, table["rows"])))
