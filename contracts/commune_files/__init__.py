"""What old commune software behind a folder does, and a simulator of it."""
