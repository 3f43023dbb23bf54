"""Values in, bytes out: without the store, the network, the clock and random numbers."""
