"""Zoho: its accounts server (`accounts`) and its CRM (`crm`)."""
