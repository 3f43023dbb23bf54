"""Deliver: from the ledger to the mail server."""
