"""Runs as the rows of one table: hyper-parameters and metrics as its columns, and which of the first move the last."""
