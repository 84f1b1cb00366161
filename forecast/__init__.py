"""Predictive needs forecasting for field logistics: what to send from which depot to which zone."""

__version__ = "0.1.0"
