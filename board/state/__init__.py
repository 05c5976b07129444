"""What people chose, kept beyond this process: views, colours, names, notes; in SQLite, or PostgreSQL for a team."""
