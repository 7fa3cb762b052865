"""What changes bank statements: importing, booking, and deciding about what waits."""
