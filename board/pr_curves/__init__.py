"""Precision-recall curves of any writer: what each threshold does, and the area under the curve over time."""
