"""The verbs of billing, by phase: load, plan, apply, write; and the first invoice, the preview, the monthly run."""
