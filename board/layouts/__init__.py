"""Layouts of charts for TensorBoard's custom scalars: decoded, merged over runs, matched with tags."""
