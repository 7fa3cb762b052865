from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound
from scaicontrol.services import uploads
from scaicontrol.services.uploads.schemas import UploadOut

from .door import One, Router
from .files import AROUND, file_body, file_of

admin = Router("/admin/uploads", tags=["uploads"])
public = Router("/uploads", tags=["uploads"])

_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",  # mail clients and services show them, too
    "X-Content-Type-Options": "nosniff",
}


@admin.post(
    "/icon", response_model=One[UploadOut], permission="icons:upload", summary="Store an icon",
    request_body=file_body("The picture."), body_max=uploads.ICON.bytes_max + AROUND,
)  # fmt: skip
async def upload_icon(backend: Backend, actor: Actor, request: Request) -> UploadOut:
    """
    PNG, JPEG, WebP or SVG, told by its bytes, at most 2 MB; kept at most 512 pixels long, without metadata.

    The same picture again is the same address.
    """
    body = await file_of(request, uploads.ICON.bytes_max, uploads.ICON.sentence)
    icon = await uploads.upload_icon(backend, actor, body)
    return UploadOut.at(icon.path, backend.settings.public_base_url)


@admin.post(
    "/template-image", response_model=One[UploadOut], permission="template_images:upload",
    summary="Store a template image", request_body=file_body("The picture."),
    body_max=uploads.TEMPLATE_IMAGE.bytes_max + AROUND,
)  # fmt: skip
async def upload_template_image(backend: Backend, actor: Actor, request: Request) -> UploadOut:
    """
    PNG, JPEG, WebP or SVG, told by its bytes, at most 5 MB; kept at most 2,400 pixels long, in sRGB, without metadata.

    Templates show it as `/api/v1/uploads/<path>`, and `logo_url` may name it. It is your own partner's; what the
    platform stores may be shown by every partner.
    """
    body = await file_of(request, uploads.TEMPLATE_IMAGE.bytes_max, uploads.TEMPLATE_IMAGE.sentence)
    image = await uploads.upload_template_image(backend, actor, body)
    return UploadOut.at(image.path, backend.settings.public_base_url)


@public.get(
    "/{path:path}", permission="uploads:fetch", summary="Fetch an icon or a template image",
    responses={200: {"content": {kind: {} for kind in uploads.MEDIA_TYPES.values()}}},
)  # fmt: skip
async def fetch_upload(backend: Backend, actor: Actor, path: str, request: Request) -> Response:
    """Icons and template images and nothing else: documents are never found here. What has a name never changes."""
    if b"%" in request.scope.get("raw_path", b""):
        raise NotFound("There is no such upload.")  # our names need no escapes: one address for each picture
    file = await uploads.fetch(backend, actor, path)
    headers = {"ETag": f'"{file.digest}"', **_HEADERS}
    if file.digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(file.body, headers=headers, media_type=file.media_type)
