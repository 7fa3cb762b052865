"""
What other features ask invoices for, by name: one statement a question.

No permission of their own: the calling verb has authorized, and the session shows what its actor may see.
"""
