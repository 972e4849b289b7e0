"""Zoho as far as public material tells: the accounts server and CRM v8, one organisation, every doubt a knob."""

from .app import Zoho
from .knobs import ZohoKnobs
from .organisation import SET_UP_FIELDS, AutomationRun
from .tokens import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN, DEMO_SCOPES

__all__ = [
    "DEMO_CLIENT_ID",
    "DEMO_CLIENT_SECRET",
    "DEMO_REFRESH_TOKEN",
    "DEMO_SCOPES",
    "SET_UP_FIELDS",
    "AutomationRun",
    "Zoho",
    "ZohoKnobs",
]
