"""Compose: from the log to editions and the outbox. `run` is the verb, `plan` decides."""
