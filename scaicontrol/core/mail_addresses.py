"""Mail addresses: one of them, in one way of writing, checked without asking anybody outside."""

from email_validator import EmailNotValidError, validate_email
from email_validator.types import ValidatedEmail


def normalized(value: str) -> str:
    """Give one address with its domain in lower case, or raise ValueError with a sentence."""
    return str(_checked(value).normalized)


def is_one(value: str) -> bool:
    """Say whether a stored value is one address that mail can be sent to."""
    try:
        return bool(normalized(value))
    except ValueError:
        return False


def deliverable(value: str) -> str:
    """Give an address as mail transports take it: the domain in ASCII; what is no address stays as it is."""
    try:
        return str(_checked(value).ascii_email)
    except ValueError:
        return value


def _checked(value: str) -> ValidatedEmail:
    try:
        # Mail goes out by an interface that knows no SMTPUTF8: letters before the @ are ASCII, domains may be any.
        return validate_email(value, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValueError(f"'{value}' is not one mail address such as ap@acme.example: {error}") from None
