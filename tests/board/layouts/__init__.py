"""Layouts: as TensorBoard merges and matches them."""
