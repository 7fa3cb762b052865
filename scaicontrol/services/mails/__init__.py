"""
Mails: who is written to about what, and when not.

Nobody calls it: facts do, by its `reactions`.
"""
