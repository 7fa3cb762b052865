"""What people read: a folder for each language, a file for each area (`core/i18n.py`)."""
