"""The words of the domain: frozen values and pure functions, free of libraries."""
