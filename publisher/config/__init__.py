"""config.toml: its keys, read and checked."""
