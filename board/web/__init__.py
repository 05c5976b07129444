"""The pages, and the JSON that they ask for: HTTP in, HTTP out."""
