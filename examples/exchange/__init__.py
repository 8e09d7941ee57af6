"""A small paper-trading desk that stands behind Watchword: an example of how a platform uses the door."""
