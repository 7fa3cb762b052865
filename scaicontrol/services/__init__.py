"""The features: one package each, entered through its front door."""
