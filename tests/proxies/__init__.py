"""Real proxies in front of a real house."""
