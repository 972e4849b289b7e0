"""Telling people that something is wrong, once, and that it is over."""

from cody2zoho.alerts.alert import Alert, Level, Notice
from cody2zoho.alerts.board import Board, Raised
from cody2zoho.alerts.channels import Channel
from cody2zoho.alerts.delivery import is_known, refusal, send_waiting
from cody2zoho.alerts.rule import Rule

__all__ = ["Alert", "Board", "Channel", "Level", "Notice", "Raised", "Rule", "is_known", "refusal", "send_waiting"]
