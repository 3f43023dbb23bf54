"""Publisher: per-theme feeds and email digests from dated news items, on one's own machine."""

__version__ = "0.1.0"
