"""Questions that operators and editors ask about a site, and decisions that they make, one module for each."""
