"""The only place that decides whether somebody may pass."""
