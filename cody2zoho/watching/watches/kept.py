"""Whether what is known would survive the loss of Redis."""

from collections.abc import Iterator

from cody2zoho.alerts.alert import SYSTEM_ERROR, Alert, Level
from cody2zoho.backup import known
from cody2zoho.services import Services
from cody2zoho.text.times import span
from cody2zoho.watching import sentinel


def backup(services: Services) -> Iterator[Alert]:
    if services.settings.backup_at == "never":
        return
    latest, now = known.latest(services), services.shared_clock()
    made_at = float(latest.get("at", 0))
    # Whoever has just switched it on has none yet.
    age = now - (made_at or sentinel.watched_since(services, "backup"))
    if age < services.settings.alert_backup_hours * 3_600:
        return
    words = f"The last good backup is {span(age)} old" if made_at else "There is no good backup"
    reason = latest.get("failed", "")
    details = {"limit_hours": services.settings.alert_backup_hours}
    details |= {"hours": round(age / 3_600, 1)} if made_at else {}
    yield Alert("backup", Level.MEDIUM, SYSTEM_ERROR, f"{words}{f': {reason}' if reason else ''}", details=details)
