"""What people write: the language of templates, what is refused, and the process that renders it."""
