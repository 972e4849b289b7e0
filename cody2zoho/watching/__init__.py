"""How it goes, and what is wrong."""
