"""What the ledger knows, in one file: written while workers run, checked to the last byte, restored through Zoho."""
