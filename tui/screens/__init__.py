"""One file per feature; `view` holds what they share."""
