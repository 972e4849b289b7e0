"""A real headless Chromium, driven over its own pipe (the DevTools protocol), so that no further package is needed."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from processes import tethered

_NAMES = ("chromium", "chromium-browser", "google-chrome")

#: Empty where there is none.
PROGRAM = next((found for name in _NAMES if (found := shutil.which(name))), "")

_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    # What it does by itself beside our pages.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
)

#: Chromium reads commands at 3 and answers at 4.
_AT_ITS_PLACES = """
import os, sys
commands, answers, *program = sys.argv[1:]
os.dup2(int(commands), 3)
os.dup2(int(answers), 4)
os.execvp(program[0], program)
"""

_SECONDS = 20.0


class Chromium:
    """Commands and their answers; what it tells by itself is kept."""

    def __init__(self, to: int, of: int) -> None:
        self._to, self._of, self._numbers = to, of, count(1)
        self._read = b""
        self.told: list[dict[str, Any]] = []
        #: Of the tabs that are open.
        self.contexts: list[str] = []

    def call(self, method: str, session: str = "", **given: Any) -> dict[str, Any]:
        """Raises RuntimeError where it refuses, TimeoutError where it says nothing."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": given} | ({"sessionId": session} if session else {})
        os.write(self._to, json.dumps(command).encode() + b"\0")
        while (message := self._next()).get("id") != number:
            self.told.append(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        result: dict[str, Any] = message["result"]
        return result

    def close_tabs(self) -> None:
        """A page that is live goes on asking, and takes time from all that comes after it."""
        while self.contexts:
            self.call("Target.disposeBrowserContext", browserContextId=self.contexts.pop())
        self.told.clear()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._of], [], [], _SECONDS)
            if not ready:
                raise TimeoutError("Chromium says nothing")
            self._read += os.read(self._of, 1 << 20)
        line, _, self._read = self._read.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


class Tab:
    """One page, as somebody with a screen of this size sees it."""

    def __init__(self, chromium: Chromium, size: tuple[int, int], *, dark: bool = False, scripts: bool = True) -> None:
        self._chromium = chromium
        context = chromium.call("Target.createBrowserContext")["browserContextId"]
        chromium.contexts.append(context)
        target = chromium.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self._session = chromium.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._do(f"{domain}.enable")
        width, height = size
        self._do(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._do("Emulation.setEmulatedMedia", features=[scheme])
        self._do("Emulation.setScriptExecutionDisabled", value=not scripts)

    def open(self, url: str) -> None:
        self._do("Page.navigate", url=url)
        self.wait_for(f"document.readyState === 'complete' && location.href === {json.dumps(url)}")

    def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page."""
        answer = self._do("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]["exception"]["description"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        deadline = time.monotonic() + _SECONDS
        while not self._holds(expression):
            assert time.monotonic() < deadline, f"never: {expression}"
            time.sleep(0.02)

    def click(self, selector: str) -> None:
        """With the mouse, in its middle."""
        x, y = self.ask(
            f"(e => (e.scrollIntoView({{block: 'center'}}), r => [r.x + r.width / 2, r.y + r.height / 2])"
            f"(e.getBoundingClientRect()))(document.querySelector({json.dumps(selector)}))"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        self._do("Input.insertText", text=text)

    def press(self, key: str) -> None:
        code = {"Tab": 9, "Enter": 13}[key]
        words = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self._do("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **words)

    def picture(self, file: Path) -> None:
        """Of all of it, further than the screen."""
        size = self._do("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self._do("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        file.write_bytes(base64.b64decode(data))

    def complaints(self) -> list[str]:
        """What stands in the console as an error, and scripts that broke."""
        self.ask("1")
        own = [one for one in self._chromium.told if one.get("sessionId") == self._session]
        logged = [one["params"]["entry"] for one in own if one["method"] == "Log.entryAdded"]
        called = [one["params"] for one in own if one["method"] == "Runtime.consoleAPICalled"]
        return [
            *(f"{one['text']} {one.get('url', '')}" for one in logged if one["level"] in ("error", "warning")),
            *(str(one["args"]) for one in called if one["type"] in ("error", "warning")),
            *(str(one["params"]) for one in own if one["method"] == "Runtime.exceptionThrown"),
        ]

    def requested(self) -> list[str]:
        """Every address it asked for."""
        own = [one for one in self._chromium.told if one.get("sessionId") == self._session]
        return [one["params"]["request"]["url"] for one in own if one["method"] == "Network.requestWillBeSent"]

    def _holds(self, expression: str) -> bool:
        try:
            return bool(self.ask(f"Boolean({expression})"))
        except RuntimeError:
            # The page is being changed for another.
            return False

    def _do(self, method: str, **given: Any) -> dict[str, Any]:
        return self._chromium.call(method, self._session, **given)


@contextmanager
def chromium(folder: Path) -> Iterator[Chromium]:
    """With its profile in a folder; ended with us, however we end."""
    (read_command, to), (of, write_answer) = os.pipe(), os.pipe()
    places = (sys.executable, "-c", _AT_ITS_PLACES, read_command, write_answer)
    process = subprocess.Popen(
        tethered(*places, PROGRAM, *_OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"),
        pass_fds=(read_command, write_answer),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(read_command)
    os.close(write_answer)
    try:
        one = Chromium(to, of)
        yield one
        one.call("Browser.close")
    finally:
        process.terminate()
        process.wait(20)
        os.close(to)
        os.close(of)
