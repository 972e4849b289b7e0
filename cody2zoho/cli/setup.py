"""`cody2zoho setup`: the custom fields in Zoho."""

from collections.abc import Iterator

import click

from cody2zoho.cli.local import services_at_hand
from cody2zoho.services import Services
from cody2zoho.zoho.fields import Field

#: Data types of the figures' fields (Zoho, create custom fields).
_TYPES = {"conversation_id": "unique", "average_length": "double"}


@click.command()
def setup() -> None:
    """Make the custom fields in Zoho's Cases, the unique one included; what is there stays as it is."""
    with services_at_hand() as services:
        for sentence in steps(services):
            click.echo(sentence)
        services.blocks.lift("zoho", "zoho set-up")


def set_up(services: Services) -> list[str]:
    """Make what is missing; returns one sentence for each field. Raises what `zoho.crm` raises."""
    return list(steps(services))


def steps(services: Services) -> Iterator[str]:
    """Make what is missing; one sentence for each field as soon as it is there."""
    there = services.fields.all()
    wanted = services.settings.zoho_field_map
    key = wanted["conversation_id"]
    missing = {api_name: _TYPES.get(name, "integer") for name, api_name in wanted.items() if api_name not in there}
    for api_name, kind in missing.items():
        # One by one, so that what is said is true, whatever happens to the next.
        services.fields.create({api_name.replace("_", " "): kind})
        yield f"{api_name}: made" + (", unique" if api_name == key else "")
    if key in there and not there[key].unique:
        services.fields.make_unique(there[key])
        yield f"{key}: was there, allows no duplicate values from now on"
    for api_name in wanted.values():
        if api_name in there and (api_name != key or there[key].unique):
            yield f"{api_name}: was there"
    yield from _misnamed(services.fields.all(), list(missing))


def _misnamed(fields: dict[str, Field], made: list[str]) -> Iterator[str]:
    """Zoho derives the API name from the label; where it chose another one, the field map has to follow."""
    for api_name in made:
        if api_name not in fields:
            yield f"{api_name}: Zoho gave the new field another API name; write it into ZOHO_FIELD_MAP"
