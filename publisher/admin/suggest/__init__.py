"""Suggests CSS selectors for a page that is not configured yet."""
