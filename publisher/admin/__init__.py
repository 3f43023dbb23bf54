"""What operator and editors ask and decide; each module one question."""
