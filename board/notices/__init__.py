"""What the board notices by itself: NaN, divergence, spikes, plateaus, silence; every rule is spelt out."""
