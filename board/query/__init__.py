"""The small language that runs are chosen by: ``lr < 0.01 and state = running``."""
