"""The web forms of a site with subscribers, under `/-/`: to subscribe, to confirm, to change subscriptions, to
unsubscribe, and to get a fresh link (one that works once) by mail.
"""
