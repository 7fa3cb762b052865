"""Makes the documentation into a site: `python -m docs_site`."""
