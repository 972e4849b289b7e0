"""Whether somebody who reads of us elsewhere knows which installation it is."""

from collections.abc import Iterator

from cody2zoho.checks.finding import Finding, Level
from cody2zoho.services import Services


def findings(services: Services) -> Iterator[Finding]:
    """A name that nobody chose is right for the only installation, and for no other."""
    settings = services.settings
    elsewhere = {
        "Graylog": settings.enable_graylog,
        "Application Insights": settings.enable_application_insights,
        "Sentry": bool(settings.sentry_dsn.get_secret_value()),
        "alerts": bool(services.alerts.channels),
    }
    told = [name for name, is_on in elsewhere.items() if is_on]
    if told and "environment" not in settings.model_fields_set:
        words = f"this is {settings.environment} in {', '.join(told)}; write ENVIRONMENT if it is not the only one"
        yield Finding("Environment", Level.OK, words)
