"""Sources: `base` defines what a source is, and each kind is read by a module of its own."""
