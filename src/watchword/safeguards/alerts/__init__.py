"""Security alerts: the list in the safe room of what the owner was told."""
