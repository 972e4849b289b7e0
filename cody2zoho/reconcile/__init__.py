"""Cody, Zoho and the ledger compared, and what does not match."""
