"""What copying means: pure rules and frozen values, with no clock, no I/O and no randomness."""
