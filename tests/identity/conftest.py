"""The development world is one of integrations; signing in needs it too."""

from tests.integrations.conftest import dev_world, signing_key

__all__ = ["dev_world", "signing_key"]
