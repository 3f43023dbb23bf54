"""Collect: from sources to the log. `run` is the verb."""
