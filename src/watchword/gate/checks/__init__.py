"""One file for each kind of proof: what it spends before it looks, what it does outside a transaction, its verdict."""
