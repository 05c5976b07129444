"""Histograms of any writer -> rows that share their bins, for ridges, heat maps and percentile bands."""
