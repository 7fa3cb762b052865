"""The bases of everything that crosses an edge: exact types, no unknown fields, no floats."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    Strict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from . import json_values, mail_addresses, text
from .errors import ControlError, Invalid, Reason
from .events import rfc3339
from .moments import read_day, read_moment
from .money import CENTS_MAX, is_currency, not_invoiced

TEXT_MAX: Final = 2000
_NUMBER: Final = re.compile(r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$")


class In(BaseModel):
    """
    A request body: unknown fields are errors, so that a misspelt one is never silently ignored.

    All of its text is cleaned as `core/text.py` says, or refused, before a field's own rules see it, and ends somewhere
    even where its field says nothing. Nothing is taken for what it is not: "0" is no number, 0 is no false.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, str_max_length=TEXT_MAX, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        schema = handler(source)
        json_values.take_strictly(schema)
        return schema

    @field_validator("*", mode="before")
    @classmethod
    def _text_as_meant(cls, value: Any, info: ValidationInfo) -> Any:
        name = info.field_name or "The text"
        if isinstance(value, str):
            return text.clean(value, name)
        if isinstance(value, list):
            return [text.clean(each, name) if isinstance(each, str) else each for each in value]
        return value


class Patch(In):
    """A partial change: only the fields that were sent count (`model_dump(exclude_unset=True)`)."""


class Out(BaseModel):
    """An answer, read from an entity's attributes; every field is there, if only as null."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


Model = TypeVar("Model", bound=BaseModel)


def checked(model: type[Model], **given: Any) -> Model:
    """Read what somebody typed as a body or a filter; what is wrong with it is Invalid, in a sentence."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise invalid_of(error) from error


def invalid_of(error: ValidationError) -> Invalid:
    """Say everything that is wrong with a body; the sentence is about the first."""
    reasons = [
        Reason(e["type"], e["msg"].removeprefix("Value error, "), ".".join(str(part) for part in e["loc"]) or None)
        for e in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    first = reasons[0]
    more = f" ({len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return Invalid(f"{first.field}: {first.message}{more}" if first.field else first.message, reasons=reasons)


def _exact(value: Any) -> Any:
    """Read a number as it was written: JSON's own numbers reach Python through float and lose their last digits."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, Decimal):
        return value
    raise ValueError('send an exact number: a decimal string such as "1.5", or an integer')


def _currency(value: str) -> str:
    try:
        known = is_currency(value)
    except ControlError:
        known = False
    if not known:
        raise ValueError(f"'{value}' is not an ISO 4217 currency code such as EUR")
    return value


def _invoiced(value: str) -> str:
    if reason := not_invoiced(value):
        raise ValueError(reason)
    return value


def _empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


# Markers of text that reaches documents: a name is one line, and every letter of it can be drawn.
OneLine = BeforeValidator(lambda value: text.one_line(value) if isinstance(value, str) else value)
EmptyIsNone = BeforeValidator(_empty_is_none)
MailAddress = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(mail_addresses.normalized),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": 254}),
]
Moment = Annotated[datetime, PlainSerializer(rfc3339, when_used="json-unless-none")]
MomentIn = Annotated[Moment, BeforeValidator(read_moment)]
DayIn = Annotated[date, BeforeValidator(read_day)]
Text = Annotated[str, Field(max_length=TEXT_MAX)]
Word = Annotated[str, Field(max_length=200)]
JsonObject = Annotated[dict[str, Any], AfterValidator(json_values.keepable)]
RowVersion = Annotated[int, Strict(), Field(ge=1, le=2**31 - 1)]
Cents = Annotated[int, Strict(), Field(ge=-CENTS_MAX, le=CENTS_MAX, description="Minor units of the currency.")]
Price = Annotated[int, Strict(), Field(ge=0, le=CENTS_MAX, description="Minor units of the currency; not negative.")]
Count = Annotated[int, Strict(), Field(ge=1, le=1_000_000)]
_WholeNumber = Annotated[int, Field(ge=-(10**12), le=10**12)]
_Exactly = BeforeValidator(_exact, json_schema_input_type=Annotated[str, Field(pattern=_NUMBER.pattern)] | _WholeNumber)
Exact = Annotated[
    Decimal,
    _Exactly,
    Field(max_digits=18, decimal_places=6, allow_inf_nan=False),
    PlainSerializer(lambda value: format(value.normalize(), "f"), return_type=str, when_used="json-unless-none"),
]
Rate = Annotated[Decimal, _Exactly, Field(ge=0, le=100, max_digits=5, decimal_places=2, allow_inf_nan=False)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217."), AfterValidator(_currency)]
# Of what is priced or invoiced: what nobody could be billed in is not sold.
InvoicedCurrency = Annotated[Currency, AfterValidator(_invoiced)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")]
