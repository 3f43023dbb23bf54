"""Subscribers: who follows which themes at which pace (how often he gets mails), and what each of them gets in a round
of mails.
"""
