"""What happened, as a keyed chain of events from a closed catalogue."""
