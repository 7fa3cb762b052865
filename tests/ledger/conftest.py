from tests.credits.conftest import backend, provider

__all__ = ["backend", "provider"]
