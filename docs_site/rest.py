"""The REST reference: one page a tag, written from the OpenAPI description the product itself serves."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from scaicontrol.api.app import build_api

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_WRAPPERS: Final = ("data", "pagination", "meta", "next")


def description() -> dict[str, Any]:
    """Give what the product serves at /openapi.json."""
    return build_api().openapi()


def write(folder: Path, schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Write the pages and `openapi.json`; give title and path of each page, in the order of the navigation."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "openapi.json").write_text(json.dumps(schema, indent=1, sort_keys=True))
    by_tag: dict[str, list[str]] = defaultdict(list)
    for path, operations in schema["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                by_tag[operation.get("tags", ["other"])[0]].append(_operation(schema, method, path, operation))
    said = {tag["name"]: tag.get("description", "") for tag in schema.get("tags", [])}
    pages = []
    for tag in sorted(by_tag):
        (folder / f"{tag}.md").write_text(f"# {tag}\n\n{said.get(tag, '')}\n\n" + "\n\n".join(by_tag[tag]) + "\n")
        pages.append((tag, f"rest/{tag}.md"))
    listed = "\n".join(f"| [{tag}]({tag}.md) | {len(by_tag[tag])} | {said.get(tag, '')} |" for tag in sorted(by_tag))
    count = sum(map(len, by_tag.values()))
    (folder / "index.md").write_text(
        f"# REST reference\n\n{count} operations, written from the [OpenAPI description](openapi.json) that a running "
        "installation serves at `/openapi.json` and shows for trying at `/api/docs`. Envelopes, codes, idempotency and "
        "paging are explained in [API conventions](../contract/api.md).\n\n"
        f"| Group | Operations | |\n| --- | ---: | --- |\n{listed}\n"
    )
    return [("Overview", "rest/index.md"), *pages]


def _operation(schema: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    lines = [f"## {operation.get('summary', path)}", "", f"`{method.upper()} {path}`{{ .route }}", ""]
    if described := operation.get("description"):
        lines += [described, ""]
    if parameters := operation.get("parameters"):
        lines += ["| Parameter | In | Type | |", "| --- | --- | --- | --- |"]
        for each in parameters:
            name = f"`{each['name']}`" + (" **required**" if each.get("required") else "")
            lines.append(f"| {name} | {each['in']} | {_type(each.get('schema', {}))} | {_cell(each)} |")
        lines.append("")
    for content in operation.get("requestBody", {}).get("content", {}).items():
        lines += [f"**Body** ({content[0]})", "", *_fields(schema, content[1].get("schema", {})), ""]
    for status, answer in operation.get("responses", {}).items():
        if status.startswith("2"):
            shapes = answer.get("content", {})
            lines += [f"**Answer** {status}" + (f" ({', '.join(shapes)})" if shapes else ", no body"), ""]
            for content in shapes.values():
                lines += [*_fields(schema, _inner(schema, content.get("schema", {})), asks=False), ""]
    return "\n".join(lines)


def _resolved(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> Mapping[str, Any]:
    if reference := shape.get("$ref"):
        found: Mapping[str, Any] = schema["components"]["schemas"][reference.rsplit("/", 1)[1]]
        return found
    return shape


def _inner(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> Mapping[str, Any]:
    """Step through the envelope to what is inside."""
    whole = _resolved(schema, shape)
    properties = whole.get("properties", {})
    if "data" in properties and set(properties) <= set(_WRAPPERS):
        data: Mapping[str, Any] = properties["data"]
        return data.get("items", data) if data.get("type") == "array" else data
    return whole


def _fields(schema: Mapping[str, Any], shape: Mapping[str, Any], *, asks: bool = True) -> Iterator[str]:
    whole = _resolved(schema, shape)
    properties = whole.get("properties")
    if not properties:
        yield _type(shape)
        return
    required = set(whole.get("required", ())) if asks else set()
    yield "| Field | Type | |"
    yield "| --- | --- | --- |"
    for name, field in properties.items():
        yield f"| `{name}`{' **required**' if name in required else ''} | {_type(field)} | {_cell(field)} |"


def _type(shape: Mapping[str, Any]) -> str:
    if reference := shape.get("$ref"):
        return f"`{reference.rsplit('/', 1)[1]}`"
    if options := shape.get("anyOf") or shape.get("oneOf") or shape.get("allOf"):
        return " or ".join(dict.fromkeys(_type(option) for option in options))
    if "enum" in shape:
        return ", ".join(f"`{value}`" for value in shape["enum"])
    if shape.get("type") == "array":
        return f"list of {_type(shape.get('items', {}))}"
    return " ".join(filter(None, [str(shape.get("type", "any")), shape.get("format", "")]))


def _cell(shape: Mapping[str, Any]) -> str:
    return re.sub(r"\s+", " ", str(shape.get("description", ""))).replace("|", "\\|").replace("<", "&lt;")
