"""The way of one conversation, from the first sight of it to its case and what is said later. Read `pipeline` first."""
