"""How often: arithmetic of limits, and their counters."""
