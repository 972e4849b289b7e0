"""Zoho: its accounts server (`accounts`, `tokens`) and its CRM (`crm`)."""
