"""The forms of a site with subscribers, under `/-/`: subscribe, confirm, change, unsubscribe, a fresh link by mail."""
