"""Runs side by side: which columns they make, what differs, and how sure a difference of their metrics is; pure."""
