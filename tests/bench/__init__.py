"""Speed and memory of the real processes, against limits: `make bench`. Never part of the tests."""
