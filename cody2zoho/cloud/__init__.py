"""Azure, where all of it may run: what is made there, of which settings, and how one looks after it."""
