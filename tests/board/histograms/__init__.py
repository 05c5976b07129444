"""Histograms: bins, quantiles, rows."""
