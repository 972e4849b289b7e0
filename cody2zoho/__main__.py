"""`python -m cody2zoho` is `cody2zoho`."""

from cody2zoho.cli import main

main(prog_name="cody2zoho")
