"""What is known, in Redis: it is the truth, and the queue is a hint."""
