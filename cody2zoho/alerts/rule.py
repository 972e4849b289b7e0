"""What can be wrong, and what a person does then; docs/alerts.md has the same in its table of alerts."""

from dataclasses import dataclass, replace

from cody2zoho.alerts.alert import Alert, Level


@dataclass(frozen=True)
class Rule:
    """The key of its alerts is the name, or begins with it and a colon."""

    name: str
    #: Those its alerts may have.
    levels: tuple[Level, ...]
    #: The setting that says from when on; empty where there is nothing to choose.
    threshold: str
    #: What is so while all is well.
    sentence: str
    #: What a person does; an alert that knows better says it instead.
    remedy: str

    def with_remedy(self, alert: Alert) -> Alert:
        return alert if alert.remedy else replace(alert, remedy=self.remedy)
