"""How Celery runs our tasks: every value here was measured or follows from one that was.

Late acknowledgement and a short visibility timeout bring a dead worker's message back; the ledger makes that,
and the loss of a message, harmless. Finite socket timeouts and `broker_channel_error_retry` are what lets a
worker live through a Redis that is away, full, or failing over.
"""

from kombu import Queue

from cody2zoho.configuration import settings
from cody2zoho.schedule import beat_entries

_settings = settings()
#: A socket of this machine needs no keepalive, and the client takes none for it.
_is_remote = not _settings.redis_address.startswith("unix://")

broker_url = _settings.celery_address
broker_connection_retry = True
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
broker_channel_error_retry = True
broker_transport_options = {
    "global_keyprefix": _settings.redis_key_prefix,
    "visibility_timeout": _settings.visibility_timeout_seconds,
    # Sweep for dead workers' messages every 5 s; by default it takes 100 s, whatever the visibility timeout.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "unacked_mutex_expire": 30,
    "socket_timeout": _settings.redis_timeout,
    "socket_connect_timeout": _settings.redis_connect_timeout,
    **({"socket_keepalive": True} if _is_remote else {}),
    "health_check_interval": 10,
    "max_connections": _settings.redis_max_connections,
    # One list per queue, and no queue starves another.
    "priority_steps": [0],
    "queue_order_strategy": "round_robin",
}

result_backend = _settings.celery_address
result_backend_transport_options = {
    "global_keyprefix": _settings.redis_key_prefix,
    "retry_policy": {"timeout": 5.0},
}
result_expires = 3600
# One for all threads, as its client is: made anew in each, it read all installed packages each time.
result_backend_thread_safe = True
redis_max_connections = _settings.redis_max_connections
redis_socket_timeout = _settings.redis_timeout
redis_socket_connect_timeout = _settings.redis_connect_timeout
redis_socket_keepalive = _is_remote
redis_backend_health_check_interval = 25

task_acks_late = True
task_reject_on_worker_lost = True
task_serializer = "json"
accept_content = ["json"]
# A worker takes from both; ticks must not wait behind thousands of cases.
task_queues = [Queue("ticks"), Queue("cases")]
task_default_queue = "cases"
task_routes = {"cody2zoho.create_case": {"queue": "cases"}, "cody2zoho.*": {"queue": "ticks"}}
# Fail fast: the agenda brings up again whatever could not be sent.
task_publish_retry_policy = {"max_retries": 1, "interval_start": 0.2, "interval_step": 0.2, "interval_max": 0.5}

worker_pool = "threads"
worker_concurrency = _settings.worker_concurrency
worker_prefetch_multiplier = 1
worker_cancel_long_running_tasks_on_connection_loss = False
worker_send_task_events = True
worker_hijack_root_logger = False
worker_redirect_stdouts = False

enable_utc = True
timezone = "UTC"
beat_scheduler = "cody2zoho.celery:PromptScheduler"
beat_max_loop_interval = 5
beat_schedule = beat_entries(_settings)
