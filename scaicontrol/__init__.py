"""ScaiControl: the control plane that knows what is sold, used, owed and paid."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("scaicontrol")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
