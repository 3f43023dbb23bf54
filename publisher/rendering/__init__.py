"""Rendering: values in, bytes out, without the store, the network, the clock or random numbers."""
