"""From the bytes of a logdir to stages for the store: discovery, event files, runs, and the thread that keeps up."""
