"""Groups of the operator's commands that are long enough for a file of their own; ``cli`` puts them together."""
