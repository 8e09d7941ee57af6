"""`python -m bench`: what the door costs, as ratios measured in one run. docs/performance.md says how to read them."""
