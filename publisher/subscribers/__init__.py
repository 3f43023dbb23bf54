"""Subscribers: the themes that each person follows and the pace (how often he gets mails), and what he gets in a round
of mails.
"""
