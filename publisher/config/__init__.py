"""config.toml: its keys, and how it is read and checked."""
