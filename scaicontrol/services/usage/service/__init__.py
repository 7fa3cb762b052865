"""The verbs of usage, by phase: take in, roll up, alert, prune."""
