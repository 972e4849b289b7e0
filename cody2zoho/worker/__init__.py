"""Celery: tasks, signals, and the mends that it needs."""
