"""Azure Application Insights: what is told there, and by which process."""

from cody2zoho.telemetry.insights.sending import Choice, Insights, load, mine, start, stop

__all__ = ["Choice", "Insights", "load", "mine", "start", "stop"]
