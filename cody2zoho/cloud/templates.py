"""The Bicep files: beside this package where it was installed, under docker/azure in a working copy."""

from pathlib import Path

from cody2zoho.errors import NotSetUp


def main_template() -> Path:
    """Raises NotSetUp."""
    package = Path(__file__).parent
    for folder in (package / "azure", package.parents[1] / "docker" / "azure"):
        if (folder / "main.bicep").is_file():
            return folder / "main.bicep"
    raise NotSetUp("The templates for Azure are missing: install cody2zoho anew.")
