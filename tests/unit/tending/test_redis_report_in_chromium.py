"""The report as people see it: in a real Chromium, wide and narrow, light and dark, without scripts.

`CODY2ZOHO_PICTURES=folder` keeps a picture of every scene, to be looked at.
"""

import os
from pathlib import Path

import pytest
import redis

from chromium import PROGRAM, Tab, chromium

pytestmark = pytest.mark.skipif(not PROGRAM, reason="there is no Chromium on this machine: apt install chromium")

SCENES = {"wide": ((1280, 900), False), "phone": ((375, 740), False), "dark": ((1280, 900), True)}


def test_it_reads_well_everywhere_and_loads_nothing(call, filled: redis.Redis, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert call("report", "--format", "html", "--output", str(file), "--seconds", "0.5").exit_code == 0
    with chromium(tmp_path / "profile") as browser:
        for name, (size, dark) in SCENES.items():
            tab = Tab(browser, size, dark=dark, scripts=False)
            tab.open(file.as_uri())
            if folder := os.environ.get("CODY2ZOHO_PICTURES"):
                tab.picture(Path(folder, f"redis-report-{name}.png"))
            assert tab.requested() == [file.as_uri()]
            assert tab.complaints() == []
            assert tab.ask("document.documentElement.scrollWidth") <= size[0], name
            assert tab.ask(INSIDE) == [], name


#: Texts of charts that stand out of their drawing.
INSIDE = """
[...document.querySelectorAll('svg')].flatMap(svg => [...svg.querySelectorAll('text')].filter(text => {
  const inner = text.getBoundingClientRect(), outer = svg.getBoundingClientRect();
  return inner.right > outer.right + 1 || inner.left < outer.left - 1 || inner.bottom > outer.bottom + 4;
}).map(text => text.textContent))
"""
