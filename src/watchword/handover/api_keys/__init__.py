"""API keys of account holders' bots: made by approval, found by each request, watched over."""
