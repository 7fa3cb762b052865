"""The verbs: receiving a declaration, and deciding about it."""
