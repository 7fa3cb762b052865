"""Pictures and fonts: what is taken from outside, and what is printed with."""
