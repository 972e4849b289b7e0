"""Make `.venv` with everything `make` needs; the second run finds it made and ends at once.

    python3 .ci/venv.py [demo|dev]

A fresh Debian has neither pip nor ensurepip, and nobody here is root. Then pip's own wheel comes from
the package index, is checked against the index's SHA-256, and installs itself. `PIP_INDEX_URL`,
`PIP_CERT` and `SSL_CERT_FILE` count here as they do for pip.

Only what is in Python itself, and syntax that an old Python can read far enough to be told it is old.
"""

import base64
import fcntl
import hashlib
import html
import importlib.util
import json
import os
import pathlib
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "cody2zoho.json"
EXTRAS = {"demo": {"embedded"}, "dev": {"embedded", "dev"}}
# urllib takes no login out of an address, and the host alone may be shown to people.
INDEX = urllib.parse.urlsplit(os.environ.get("PIP_INDEX_URL") or "https://pypi.org/simple")
LOGIN, _, HOST = INDEX.netloc.rpartition("@")
PIP_PAGE = f"{INDEX.scheme}://{HOST}{INDEX.path.rstrip('/')}/pip/"


def main():
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one can read this file, and is told
        sys.exit(
            "cody2zoho needs Python 3.11 or newer, this is {}.{}; try make PYTHON=python3.12".format(*sys.version_info)
        )
    wanted = EXTRAS[sys.argv[1] if len(sys.argv) > 1 else "dev"]
    # Two makes at once: the second waits here and then finds the work done.
    with open(__file__) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = read_stamp()
        if made["inputs"] == inputs() and wanted <= set(made["extras"]):
            return
        wanted |= set(made["extras"])
        sys.stderr.write("Installing packages into .venv; this happens once …\n")
        make_venv(afresh=made["folder"] not in ("", str(VENV)))
        install(wanted)
        STAMP.write_text(json.dumps({"folder": str(VENV), "inputs": inputs(), "extras": sorted(wanted)}))


def read_stamp():
    """What the last complete run left; a folder without a stamp may be half made, and is finished."""
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {"folder": "", "inputs": "", "extras": []}


def inputs():
    """What decides the packages: a change of any of it installs again."""
    parts = [sys.version, str(VENV), *((ROOT / name).read_text() for name in ("pyproject.toml", "constraints.txt"))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def make_venv(afresh):
    """`afresh` when the folder was moved or copied: its scripts name the place where they were made."""
    bundled = importlib.util.find_spec("ensurepip") is not None
    if afresh or not runs("-c", ""):
        shutil.rmtree(VENV, ignore_errors=True)
        run(sys.executable, "-m", "venv", *([] if bundled else ["--without-pip"]), str(VENV))
    if not runs("-m", "pip", "--version"):
        install_pip()


def install_pip():
    version = re.search(r"^pip==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE).group(1)
    name = "pip-" + version + "-py3-none-any.whl"
    # The HTML form of the index (PEP 503): many mirrors know no other.
    link = re.search(rf'href=.([^"\'#]*{re.escape(name)})#sha256=(\w+)', fetch(PIP_PAGE).decode())
    if not link:
        sys.exit(f"{HOST} has no {name} with a SHA-256; Debian's python3-venv package would do instead of it.")
    wheel = fetch(urllib.parse.urljoin(PIP_PAGE, html.unescape(link[1])))
    if hashlib.sha256(wheel).hexdigest() != link[2]:
        sys.exit(f"{name} from {HOST} is not what the index says it is; nothing was installed.")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, name)
        path.write_bytes(wheel)
        run(str(PYTHON), f"{path}/pip", "install", "-qq", "--no-index", str(path))


def fetch(url):
    trust = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
    request = urllib.request.Request(url, headers={"Accept": "text/html, */*"})
    if LOGIN and urllib.parse.urlsplit(url).netloc == HOST:
        login = base64.b64encode(urllib.parse.unquote(LOGIN).encode()).decode()
        request.add_header("Authorization", f"Basic {login}")
    try:
        with urllib.request.urlopen(request, timeout=60, context=trust) as answer:
            return answer.read()
    except OSError as error:
        reason = getattr(error, "reason", error)
        sys.exit(f"Cannot reach the package index {HOST} ({reason}): go online, or name yours in PIP_INDEX_URL.")


def install(extras):
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    try:
        run(*pip, "-c", "constraints.txt", "-e", ".[{}]".format(",".join(sorted(extras))))
    except subprocess.CalledProcessError:
        fetch(PIP_PAGE)  # ends with one sentence when the network is what is missing
        raise


def runs(*arguments):
    try:
        return subprocess.run([str(PYTHON), *arguments], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(*command):
    subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.output}\n{shlex.join(error.cmd)} failed; its own words are above.")
    except KeyboardInterrupt:
        sys.exit("Stopped; the next run goes on from here.")
