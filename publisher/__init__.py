"""Publisher makes feeds and e-mail digests by theme from an organisation's dated news items, on its own machine."""

__version__ = "0.1.0"
