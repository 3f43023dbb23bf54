"""Publish: from the log to feeds/. `run` is the verb, `plan` decides."""
