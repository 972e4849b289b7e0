"""How a setting is declared."""

from typing import Any

from pydantic import Field


def setting(default: Any, sentence: str, **more: Any) -> Any:
    """A setting with its documentation; `more` are pydantic's bounds and spellings."""
    return Field(default=default, description=sentence, **more)
