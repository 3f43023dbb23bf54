"""Subscribers: who follows which themes at which pace, and what each of them gets in a round."""
