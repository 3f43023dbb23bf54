"""What waits and listens: the scheduler, the public site, the preview."""
