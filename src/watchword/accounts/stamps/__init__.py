"""Anti-phishing codes, called stamps in the code: what may be one, and where they are kept."""
