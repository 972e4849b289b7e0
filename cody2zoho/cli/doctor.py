"""`cody2zoho doctor`."""

import json
import sys
from dataclasses import asdict

import click

from cody2zoho.checks import Finding, Level, all_checks, proves_zoho
from cody2zoho.cli.local import services_at_hand

_SIGNS = {Level.OK: ("✓", "green"), Level.WARNING: ("!", "yellow"), Level.FAILED: ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def doctor(as_json: bool) -> None:
    """Check settings, Redis, Cody and Zoho; exit code 1 while something keeps cases from being made."""
    findings = []
    with services_at_hand() as services:
        for finding in all_checks(services):
            findings.append(finding)
            if not as_json:
                _show(finding)
        if proves_zoho(findings):
            services.blocks.lift("zoho", "zoho set-up")
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    if any(finding.level is Level.FAILED for finding in findings):
        sys.exit(1)


def _show(finding: Finding) -> None:
    sign, colour = _SIGNS[finding.level]
    click.echo(f"{click.style(sign, fg=colour)} {finding.about}: {finding.words}")
    if finding.mend:
        click.echo(f"  → {finding.mend}")
