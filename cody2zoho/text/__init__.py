"""Texts, addresses and times, from their arguments alone."""
