"""What can happen: each thing a frozen event, reported once, where it happens. Whoever wants to know reads it.

Fields are ids, numbers, and sentences of ours: never a customer's words, a token or a URL with a query. A field that is
None has nothing to tell and is left out.
"""

from cody2zoho.telemetry.events.alerts import (
    AlertNotDelivered,
    AlertRaised,
    AlertResolved,
    CheckFailed,
    DigestTold,
    HeartbeatFailed,
)
from cody2zoho.telemetry.events.apis import (
    ApiCall,
    ApiPaused,
    HealthCheckFailed,
    RateLimitHit,
    TokenRefresh,
    TokenRefreshFailed,
)
from cody2zoho.telemetry.events.conversations import (
    BackfillBatchCompleted,
    CaseCreated,
    CaseDeleted,
    CaseFollowedUp,
    CaseFound,
    CasePostponed,
    ConversationEmpty,
    ConversationGone,
    ConversationNotFound,
    ConversationParked,
    ConversationProcessed,
    ForgottenCaseMade,
)
from cody2zoho.telemetry.events.event import Event
from cody2zoho.telemetry.events.ledger import (
    BackupCompleted,
    BackupFailed,
    BusinessMetricsSummary,
    LedgerBehind,
    LedgerRebuilt,
    RebuildPostponed,
    ReconcileCompleted,
    ReconcileFailed,
    StateUpgraded,
)
from cody2zoho.telemetry.events.obstacles import (
    NoCredentials,
    UniqueFieldMissing,
    WorkBlocked,
    WorkPaused,
    WorkResumed,
    WorkUnblocked,
)
from cody2zoho.telemetry.events.people import ActionTaken, WrongToken
from cody2zoho.telemetry.events.polling import (
    CodyPollCompleted,
    FeedMissed,
    FeedNotUsed,
    FeedPostponed,
    PollFailed,
    PollingCycleCompleted,
    PollPostponed,
)
from cody2zoho.telemetry.events.workers import LEFT_BEHIND, CleanedUp, LockLost, TaskFailed, WorkerHung

__all__ = [
    "LEFT_BEHIND",
    "ActionTaken",
    "AlertNotDelivered",
    "AlertRaised",
    "AlertResolved",
    "ApiCall",
    "ApiPaused",
    "BackfillBatchCompleted",
    "BackupCompleted",
    "BackupFailed",
    "BusinessMetricsSummary",
    "CaseCreated",
    "CaseDeleted",
    "CaseFollowedUp",
    "CaseFound",
    "CasePostponed",
    "CheckFailed",
    "CleanedUp",
    "CodyPollCompleted",
    "ConversationEmpty",
    "ConversationGone",
    "ConversationNotFound",
    "ConversationParked",
    "ConversationProcessed",
    "DigestTold",
    "Event",
    "FeedMissed",
    "FeedNotUsed",
    "FeedPostponed",
    "ForgottenCaseMade",
    "HealthCheckFailed",
    "HeartbeatFailed",
    "LedgerBehind",
    "LedgerRebuilt",
    "LockLost",
    "NoCredentials",
    "PollFailed",
    "PollPostponed",
    "PollingCycleCompleted",
    "RateLimitHit",
    "RebuildPostponed",
    "ReconcileCompleted",
    "ReconcileFailed",
    "StateUpgraded",
    "TaskFailed",
    "TokenRefresh",
    "TokenRefreshFailed",
    "UniqueFieldMissing",
    "WorkBlocked",
    "WorkPaused",
    "WorkResumed",
    "WorkUnblocked",
    "WorkerHung",
    "WrongToken",
]
