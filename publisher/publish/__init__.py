"""Publish: writes the feeds and pages in the folder feeds/ from the changes in the item log. `run` does the work,
`plan` decides.
"""
