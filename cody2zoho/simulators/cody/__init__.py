"""Cody's API as far as public material tells: 21 operations, one account, every doubt a knob."""

from .account import DEMO_KEY
from .app import Cody
from .knobs import CodyKnobs

__all__ = ["DEMO_KEY", "Cody", "CodyKnobs"]
