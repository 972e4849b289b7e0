"""Cody's API."""
