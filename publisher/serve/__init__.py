"""Serve: long-running parts. The scheduler, the public site, forms, desk and preview."""
