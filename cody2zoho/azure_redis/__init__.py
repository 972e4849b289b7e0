"""Azure's side of Redis: what its management, its monitor and its logs know of an instance, by Azure's own libraries.

Two services offer Redis there, Azure Cache for Redis and Azure Managed Redis; `classic.py` and `managed.py` make one
out of them. Only commands use any of this. The libraries are an extra (`azure-admin`), imported where they are wanted.
"""
