"""Prefect flows: they call, log, retry and schedule; they never compute. `forecast/` runs without them."""

import os

# Before Prefect is imported: no telemetry, and a start-up limit a busy laptop can keep.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
