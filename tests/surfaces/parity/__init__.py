"""The doors and the deeds that the parity test goes through."""
