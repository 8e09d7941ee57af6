"""Every HTTP edge."""
