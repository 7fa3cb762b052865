"""The schema as the code describes it: what the revisions must arrive at."""

import importlib
import importlib.util
import pkgutil

from sqlalchemy import MetaData

import scaicontrol.core
import scaicontrol.services
from scaicontrol.db import Model


def described() -> MetaData:
    """Give the metadata of every table; imports every feature, because a table exists once its module is read."""
    for package in (scaicontrol.core, scaicontrol.services):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
            if module.ispkg and importlib.util.find_spec(f"{module.name}.models"):
                importlib.import_module(f"{module.name}.models")
    return Model.metadata
