"""What leaves the board for other programs: tables as CSV, JSON and Parquet, and pages that work without it."""
