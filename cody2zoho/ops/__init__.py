"""The operations API and the status page: `cody2zoho ops`."""
