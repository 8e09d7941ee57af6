"""What tests share: a clock that is set, a PostgreSQL server, counters, damage."""
