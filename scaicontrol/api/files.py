"""One uploaded file; its route reads no further than it may be long."""

from typing import Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from scaicontrol.core.errors import invalid
from scaicontrol.services.uploads import Limits

from .bodies import KIB

AROUND: Final = 16 * KIB  # for boundaries, headers of the part and a field or two
FILE_BODY: Final = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary", "description": "The picture."}},
            }
        }
    },
}


async def file_of(request: Request, limits: Limits) -> bytes:
    """Give the part named `file` of a multipart request; its file name and declared type are not looked at."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise invalid("file", "Send the picture as multipart/form-data, in a part named 'file'.", "missing")
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=4)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise invalid("file", f"The form cannot be read: {error.message}", "malformed") from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid("file", "There is no file in the form; send the picture in a part named 'file'.", "missing")
        if (file.size or 0) > limits.bytes_max:
            raise HTTPException(413, limits.sentence)
        return await file.read()
    finally:
        await form.close()
