"""Schema history: revisions run forward and back on MariaDB and SQLite alike; `scaicontrol.db.migrate` runs them."""
