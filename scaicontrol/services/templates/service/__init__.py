"""The verbs of templates: checking and rendering are procedures, because Liquid runs in a process of its own."""
