"""Settings of a provider as a pydantic model: its JSON schema for people, its errors as reasons."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from scaicontrol.core.errors import Reason
from scaicontrol.core.schemas import In


class NoSettings(In):
    """A provider that needs none."""


def wrong_with(model: type[In], config: Mapping[str, Any]) -> list[Reason]:
    """Name every field of the settings that is missing, wrong or unknown."""
    try:
        model.model_validate(config)
    except ValidationError as error:
        return [
            Reason("config_invalid", f"config.{name}: {each['msg']}", f"config.{name}")
            for each in error.errors(include_url=False, include_input=False)
            for name in [".".join(map(str, each["loc"])) or "config"]
        ]
    return []
