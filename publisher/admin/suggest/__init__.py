"""Suggests selectors for a page that was never seen before."""
