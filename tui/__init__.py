"""The terminal dashboard for on-call: one screen per feature."""
