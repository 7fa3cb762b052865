from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from scaicontrol.core.schemas import Country, In, OneLine, Out


class VatNumberIn(In):
    """A number as somebody typed it, with the country of the address it is to stand beside."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"vat_number": "DE 136695976", "country_code": "DE"}]})

    vat_number: Annotated[str, StringConstraints(min_length=1, max_length=40), OneLine]
    country_code: Country


class VatNumberOut(Out):
    """A number as it would be saved, and what VIES says about it now; `not_asked` where the seller does not ask."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"vat_number": "DE136695976", "answer": "valid", "name": "Globex GmbH"}]}
    )

    vat_number: str
    answer: Literal["valid", "invalid", "unavailable", "not_asked"]
    name: str | None = Field(description="As VIES has it.")
