"""Questions that operators and editors ask about a site, and decisions that they take, one module for each."""
