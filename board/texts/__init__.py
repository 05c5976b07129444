"""Texts of a log as people compare and search them."""
