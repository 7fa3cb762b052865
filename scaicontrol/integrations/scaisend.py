"""
ScaiSend: mail, one request per logical mail (contract §38).

ScaiSend has no idempotency key, so this tells four outcomes apart and retries nothing: the caller's row decides.
"""

import base64
from collections.abc import Mapping
from typing import Any, Final

import httpx2

from scaicontrol.core.errors import ControlError
from scaicontrol.core.mail_addresses import deliverable
from scaicontrol.core.ports import Attachment, Mail, MailOutcome, MailResult
from scaicontrol.core.settings import Settings

from .client import Bearer, body_of, retry_after

ATTACHMENTS_MAX: Final = 10
ATTACHMENT_BYTES_MAX: Final = 20 * 1024 * 1024

# Nothing left this machine, or the other side closed the door before it read: the mail was not accepted.
_NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_ACCEPTED: Final = frozenset({200, 202})
_SAFE_TO_REPEAT: Final = frozenset({401, 408, 429, 500, 503})
_LOST_BEHIND_A_GATEWAY: Final = frozenset({502, 504})


class ScaiSend:
    """Sends mail; every failure is an outcome, none is raised."""

    def __init__(self, settings: Settings, api_key: Bearer, http: httpx2.AsyncClient) -> None:
        self._url = settings.scaisend_url.rstrip("/") + "/v3/mail/send"
        self._sender = {"email": settings.scaisend_from_email, "name": settings.scaisend_from_name}
        self._sandbox = settings.scaisend_sandbox
        self._api_key, self._http = api_key, http

    async def send(self, mail: Mail) -> MailResult:
        if problem := _too_much(mail):
            return MailResult(MailOutcome.refused, detail=problem)
        try:
            headers = {"Authorization": f"Bearer {await self._api_key()}"}
        except ControlError as error:
            return MailResult(MailOutcome.busy, detail=error.message)
        try:
            response = await self._http.post(self._url, json=self._body(mail), headers=headers)
        except _NOT_SENT as error:
            return MailResult(MailOutcome.busy, detail=f"ScaiSend cannot be reached: {type(error).__name__}.")
        except httpx2.HTTPError as error:
            return MailResult(MailOutcome.unknown, detail=f"ScaiSend's answer was lost: {type(error).__name__}.")
        return _result(response)

    def _body(self, mail: Mail) -> Mapping[str, Any]:
        body: dict[str, Any] = {
            "personalizations": [{"to": [_address(email, name) for email, name in mail.to]}],
            "from": self._sender | ({"name": mail.sender_name} if mail.sender_name else {}),
            "subject": mail.subject,
            "content": [{"type": "text/html", "value": mail.html}],
            "custom_args": {"scaicontrol_mail_id": mail.mail_id, **mail.references},
            "tracking_settings": {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}},
        }
        if mail.reply_to:
            body["reply_to"] = _address(mail.reply_to, mail.sender_name or "")
        if mail.attachments:
            body["attachments"] = [_attachment(attachment) for attachment in mail.attachments]
        if self._sandbox:
            body["mail_settings"] = {"sandbox_mode": {"enable": True}}
        return body


def _result(response: httpx2.Response) -> MailResult:
    status, body = response.status_code, body_of(response)
    if status in _ACCEPTED:
        return MailResult(MailOutcome.accepted, message_id=_message_id(body))
    detail = f"ScaiSend answered {status}: {_reason(body)}"
    if status in _SAFE_TO_REPEAT:
        return MailResult(MailOutcome.busy, detail=detail, retry_after=retry_after(response))
    if status in _LOST_BEHIND_A_GATEWAY:
        return MailResult(MailOutcome.unknown, detail=detail)
    if response.is_server_error:
        return MailResult(MailOutcome.busy, detail=detail, retry_after=retry_after(response))
    return MailResult(MailOutcome.refused, detail=detail)


def _message_id(body: Mapping[str, Any]) -> str | None:
    ids = body.get("message_ids")
    first = ids[0] if isinstance(ids, list) and ids else None
    value = body.get("message_id", first)
    return str(value) if value is not None else None


def _reason(body: Mapping[str, Any]) -> str:
    errors = body.get("errors")
    if isinstance(errors, list) and errors:
        texts = [
            f"{error.get('message', 'unknown error')}" + (f" ({error['field']})" if error.get("field") else "")
            for error in errors
            if isinstance(error, dict)
        ]
        return "; ".join(texts) + "."
    return str(body.get("detail", "no reason given."))


def _too_much(mail: Mail) -> str | None:
    if not mail.to:
        return "The mail has no recipient."
    if len(mail.attachments) > ATTACHMENTS_MAX:
        return f"The mail has {len(mail.attachments)} attachments; ScaiSend takes {ATTACHMENTS_MAX}."
    total = sum(len(attachment.body) for attachment in mail.attachments)
    return f"The attachments are {total} bytes; ScaiSend takes 20 MB." if total > ATTACHMENT_BYTES_MAX else None


def _address(email: str, name: str) -> Mapping[str, str]:
    return {"email": deliverable(email), **({"name": name} if name else {})}


def _attachment(attachment: Attachment) -> Mapping[str, str]:
    return {
        "content": base64.b64encode(attachment.body).decode(),
        "type": attachment.content_type,
        "filename": attachment.filename,
        "disposition": "attachment",
    }
