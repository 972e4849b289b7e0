"""A Redis that goes away when a test says so."""

from typing import Any

import redis
from redis.exceptions import ConnectionError as RedisAway


class Leaving(redis.Redis):
    """Answers until it is `away`."""

    away = False

    def execute_command(self, *args: Any, **options: Any) -> Any:
        if self.away:
            raise RedisAway
        return super().execute_command(*args, **options)
