"""The documents and mails that come with the product."""
