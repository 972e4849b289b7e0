"""History: which conversations it is, and its cases made many at a time."""
