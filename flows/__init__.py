"""Prefect flows: they call, log, retry and schedule; they never compute. `forecast/` runs without them."""
