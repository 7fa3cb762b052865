"""The REST surface as tests ask it."""

from functools import cache

from fastapi import FastAPI

from scaicontrol.api.app import build_api


@cache
def rest_api() -> FastAPI:
    """Give the application, built once a process because that takes a second; set `state.backend` and nothing else."""
    return build_api()
