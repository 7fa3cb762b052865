"""The words of our documents, a file for each language."""
