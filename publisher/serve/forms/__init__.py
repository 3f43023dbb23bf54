"""The web forms of a site with subscribers, under `/-/`: to subscribe, confirm, change, unsubscribe, and to get a fresh
link by mail.
"""
