"""The verbs of payments, by phase."""
