"""Deliver: sends the mails that wait in the ledger (the table of all mails) to the mail server."""
