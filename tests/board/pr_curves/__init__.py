"""PR curves: what is drawn of them, and the area under them."""
