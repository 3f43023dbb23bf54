"""Compose: makes editions (digests to a mailing list) from new items in the item log, and writes them into the outbox.
`run` does the work, `plan` decides.
"""
