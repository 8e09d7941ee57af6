"""Our official channels: the operator's list, a checker that knows look-alike letters, and the list signed."""
