"""Values in, bytes out: no store, no network, no clock, no chance."""
