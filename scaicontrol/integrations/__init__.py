"""What is outside, behind the protocols of `core.ports`."""
