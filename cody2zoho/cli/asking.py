"""How a person is asked and told: short questions, what Enter takes in brackets, and whether an answer holds."""

import sys
from collections.abc import Callable

import click


def heading(words: str) -> None:
    click.secho(f"\n{words}", bold=True)


def note(words: str) -> None:
    click.echo(words)


def done(words: str) -> None:
    note(f"{click.style('✓', fg='green')} {words}")


def odd(words: str) -> None:
    note(f"{click.style('!', fg='yellow')} {words}")


def wrong(words: str) -> None:
    note(click.style(f"✗ {words}", fg="red"))


def text(question: str, default: str = "") -> str:
    """What was typed, without blanks around it; the default where that is nothing."""
    shown = f" [{default}]" if default else ""
    typed = click.prompt(f"{question}{shown}", default=default, show_default=False)
    return str(typed).strip() or default


def secret(question: str, default: str = "", called: str = "") -> str:
    """The same, and nobody sees it; `called` says what the default is."""
    shown = f" [{called}]" if default else ""
    while True:
        typed = click.prompt(f"{question} (hidden){shown}", default="", show_default=False, hide_input=True)
        if value := str(typed).strip() or default:
            return value
        wrong("Nothing was typed.")


def yes(question: str, *, default: bool) -> bool:
    return click.confirm(question, default=default)


def must_ask(doing: str) -> None:
    """Refuses where nobody could answer."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{doing} asks first, and there is no terminal to answer at: add --yes.")


def go_on_if(agreed: bool) -> None:
    """Else it ends here, with exit code 1."""
    if not agreed:
        click.echo("Nothing was done.", err=True)
        sys.exit(1)


def until_fit(ask: Callable[[], str], unfit: Callable[[str], str]) -> str:
    """Ask until `unfit` finds nothing to say about the answer."""
    while problem := unfit(answer := ask()):
        wrong(problem)
    return answer
