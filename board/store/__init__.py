"""What the board knows of the runs, and how it answers a chart: in memory, by revision."""
