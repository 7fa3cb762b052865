"""One uploaded file; its route reads no further than it may be long."""

from typing import Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from scaicontrol.core.errors import invalid

from .bodies import KIB

AROUND: Final = 16 * KIB  # for boundaries, headers of the part and a field or two


def file_body(what: str) -> dict[str, object]:
    """Describe a form with one file in the part named `file`."""
    part = {"type": "string", "format": "binary", "description": what}
    schema = {"type": "object", "required": ["file"], "properties": {"file": part}}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


async def file_of(request: Request, bytes_max: int, too_large: str, *, what: str = "picture") -> bytes:
    """
    Give the part named `file` of a multipart request; its file name and declared type are not looked at.

    `too_large` is the sentence for one of more than `bytes_max`, `what` names it in the others.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise invalid("file", f"Send the {what} as multipart/form-data, in a part named 'file'.", "missing")
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=4)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise invalid("file", f"The form cannot be read: {error.message}", "malformed") from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid("file", f"There is no file in the form; send the {what} in a part named 'file'.", "missing")
        if (file.size or 0) > bytes_max:
            raise HTTPException(413, too_large)
        return await file.read()
    finally:
        await form.close()
