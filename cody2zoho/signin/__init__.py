"""Signing in to Zoho: the consent of a person, and what comes of it."""
