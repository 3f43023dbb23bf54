"""Where items come from: `base` says what a source is, one module each kind how it is read."""
