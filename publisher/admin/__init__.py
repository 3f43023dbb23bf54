"""Questions and decisions of operators and editors, one module for each."""
