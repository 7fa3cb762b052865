"""What the settings of an account look like, as JSON schema."""

from collections.abc import Collection, Mapping


def settings(required: Collection[str], optional: Collection[str] = ()) -> Mapping[str, object]:
    """Give the schema of settings that are all text; what ends in `_vault_path` refers to the vault."""
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in sorted({*required, *optional})},
        "required": sorted(required),
        "additionalProperties": False,
    }
