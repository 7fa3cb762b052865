"""The operator console: one view file per feature."""
