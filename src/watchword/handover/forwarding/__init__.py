"""Applications behind a proxy that asks us: who may be asked for, where people are sent back to, and the sessions
that applications on other hosts get.
"""
