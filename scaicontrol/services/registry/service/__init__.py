"""The verbs of the registry, by phase: ask to join, be approved, live."""
