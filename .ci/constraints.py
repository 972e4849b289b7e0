"""Write constraints.txt from pip's report of a fresh resolve: `make constraints`."""

import json
import re
import sys

HEADER = """\
# The exact releases that were tried together: demo, tests and container image install these.
# Regenerate with `make constraints`; no index addresses and no hashes, so that any mirror serves.
"""


def main(report_path, constraints_path):
    with open(report_path) as file:
        report = json.load(file)
    found = {item["metadata"]["name"]: item["metadata"]["version"] for item in report["install"]}
    lines = [f"{canonical(name)}=={version}\n" for name, version in found.items() if name != "cody2zoho"]
    with open(constraints_path, "w") as file:
        file.write(HEADER + "".join(sorted(lines)))


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main(*sys.argv[1:])
