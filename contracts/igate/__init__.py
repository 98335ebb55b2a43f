"""What iGate 2.0 is observed to do, and a simulator of it."""
