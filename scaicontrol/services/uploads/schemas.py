from typing import Self

from pydantic import ConfigDict, Field

from scaicontrol.core.schemas import Out

from .names import url_of


class UploadOut(Out):
    """Where a picture is found from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://www.scailabs.ai/api/v1/uploads/template-images/prt_northwind/"
                    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.png",
                    "path": "template-images/prt_northwind/"
                    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.png",
                }
            ]
        }
    )

    url: str = Field(description="The address browsers and mail clients ask.")
    path: str = Field(description="What stands after `/api/v1/uploads/`; templates name `/api/v1/uploads/<path>`.")

    @classmethod
    def at(cls, path: str, base_url: str) -> Self:
        """Say where a stored picture is found at this installation."""
        return cls(url=url_of(path, base_url), path=path)
