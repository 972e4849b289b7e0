"""Redis looked after, wherever it is: what stands in it, how well it is, how fast it answers, and what it refuses."""
