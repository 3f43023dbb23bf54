"""Collect: items go from the sources into the log. `run` is the verb."""
