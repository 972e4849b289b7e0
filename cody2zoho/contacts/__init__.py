"""Whose case it is."""
