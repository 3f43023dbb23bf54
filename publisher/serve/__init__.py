"""Serve: what runs for a long time: the service's scheduler, and the web pages of the public site, the forms, the
editors' desk and the preview.
"""
