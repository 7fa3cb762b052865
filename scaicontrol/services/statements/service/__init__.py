"""The verbs, one module for each phase of a document's life."""
