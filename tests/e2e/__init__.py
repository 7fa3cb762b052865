"""The product as its users meet it: the portal in a browser."""

TOLD = "world.json"  # what tests must know of the world, in the folder it is made in
