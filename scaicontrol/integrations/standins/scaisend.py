"""A ScaiSend for one machine: it accepts mail as the real one does, and delivers it to a mailbox one can read."""

import base64
import binascii
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from . import signing
from .context import Context, write_json
from .fault_injection import InjectedFault, silence
from .pages import back, page
from .scaikey import Issuer
from .scaivault import SCAISEND_WEBHOOK_SECRET

EVENTS: Final = ("delivered", "deferred", "bounce", "blocked", "dropped", "open", "click", "spam_report")
_KEY: Final = re.compile(r"Bearer sg_(live|test)_[0-9A-Za-z]{32}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MAILS_MAX: Final = 500
_ATTACHMENTS_MAX: Final = 10
_BYTES_MAX: Final = 20 * 1024 * 1024

Row = dict[str, Any]


class Mailbox:
    """Takes mail, keeps the newest five hundred, and shows them."""

    def __init__(self, context: Context, issuer: Issuer) -> None:
        self._context, self._issuer = context, issuer
        self._folder = context.folder / "mail" if context.folder else None  # a file each: attachments are large
        self._mails = _stored(self._folder)
        self._fault = InjectedFault(("ok", "rate_limited", "internal_error", "silent_after_accept", "invalid"))

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._mailbox),
            Route("/mails/{id}", self._detail),
            Route("/mails/{id}/html", self._html),
            Route("/mails/{id}/attachments/{index:int}", self._attachment),
            Route("/mails/{id}/events", self._event, methods=["POST"]),
            Route("/_control/fault", self._set_fault, methods=["POST"]),
            Route("/_control/empty", self._empty, methods=["POST"]),
            Route("/api/mails", self._listing),
            Route("/api/mails", self._clear, methods=["DELETE"]),
            Route("/api/mails/{id}", self._get),
            Route("/v3/mail/send", self._send, methods=["POST"]),
        ]

    def _keep(self, mail: Row) -> None:
        self._mails.insert(0, mail)
        self._save(mail)
        self._drop(self._mails[_MAILS_MAX:])

    def _save(self, mail: Row) -> None:
        if self._folder is not None:
            write_json(self._folder / f"{mail['id']}.json", mail)

    def _drop(self, mails: list[Row]) -> None:
        for mail in list(mails):
            self._mails.remove(mail)
            if self._folder is not None:
                (self._folder / f"{mail['id']}.json").unlink(missing_ok=True)

    async def _send(self, request: Request) -> Response:
        authorization = request.headers.get("authorization", "")
        claims = self._issuer.bearer(authorization)
        if not _KEY.fullmatch(authorization) and claims is None:
            return _errors(401, ("The provided authorization grant is invalid, expired, or revoked", None))
        if claims is not None and "mail.send" not in str(claims.get("scope", "")).split():
            return _errors(403, ("Access forbidden: mail.send is required", None))
        name = self._fault.take()
        if name == "rate_limited":
            headers = {"Retry-After": "2", "X-RateLimit-Limit": "10000", "X-RateLimit-Remaining": "0"}
            return JSONResponse({"detail": "rate limit exceeded"}, 429, headers)
        if name == "internal_error":
            return JSONResponse({"detail": "internal error"}, 500)
        body = await request.json()
        problems = _problems(body) or ([("Told to refuse this one", "content")] if name == "invalid" else [])
        if problems:
            return _errors(400, *problems)
        test = authorization.startswith("Bearer sg_test_") or _sandboxed(body)
        ids = [secrets.token_hex(16) for _ in body["personalizations"]]
        if not test:
            for message_id, personalization in zip(ids, body["personalizations"], strict=True):
                self._keep(_mail(message_id, personalization, body))
        if name == "silent_after_accept":
            await silence()
        return JSONResponse({"message_id": ids[0]} if len(ids) == 1 else {"message_ids": ids}, 202)

    def _found(self, request: Request) -> list[Row]:
        words = request.query_params.get("q", "").lower().split()
        to = request.query_params.get("to", "").lower()
        return [
            mail
            for mail in self._mails
            if all(word in _haystack(mail) for word in words)
            and (not to or to in {address["email"].lower() for address in mail["to"]})
        ]

    def _one(self, request: Request) -> Row:
        mail = next((mail for mail in self._mails if mail["id"] == request.path_params["id"]), None)
        if mail is None:
            raise HTTPException(404, "There is no such mail.")
        return mail

    def _mailbox(self, request: Request) -> Response:
        return page(
            "mailbox",
            mails=self._found(request),
            total=len(self._mails),
            q=request.query_params.get("q", ""),
            fault=self._fault,
        )

    def _detail(self, request: Request) -> Response:
        mail = self._one(request)
        if not mail["read"]:
            mail["read"] = True
            self._save(mail)
        return page("mail", mail=mail, events=EVENTS)

    def _html(self, request: Request) -> Response:
        # Shown in a frame without scripts: a mail is somebody else's page.
        policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'; sandbox allow-popups"
        return HTMLResponse(_content(self._one(request), "text/html"), headers={"Content-Security-Policy": policy})

    def _attachment(self, request: Request) -> Response:
        mail, index = self._one(request), int(request.path_params["index"])
        if index >= len(mail["attachments"]):
            raise HTTPException(404, "There is no such attachment.")
        file = mail["attachments"][index]
        quoted = re.sub(r'[^\x20-\x7e]|["\\]', "_", file["filename"])
        headers = {"Content-Disposition": f'inline; filename="{quoted}"', "Content-Security-Policy": "sandbox"}
        return Response(base64.b64decode(file["content"]), media_type=file["type"], headers=headers)

    def _listing(self, request: Request) -> Response:
        return JSONResponse({"data": [_summary(mail) for mail in self._found(request)]})

    def _get(self, request: Request) -> Response:
        return JSONResponse(self._one(request))

    def _clear(self, _: Request) -> Response:
        self._drop(self._mails)
        return Response(status_code=204)

    async def _empty(self, request: Request) -> Response:
        self._clear(request)
        return back("/scaisend/")

    async def _event(self, request: Request) -> Response:
        mail, kind = self._one(request), str((await request.form())["event"])
        happened = _event(mail, kind, int(self._context.now()))
        mail["events"].append({"event": kind, "at": happened["timestamp"]})
        self._save(mail)
        answer = back(f"/scaisend/mails/{mail['id']}")
        answer.background = BackgroundTask(signing.send, self._context, "scaisend", SCAISEND_WEBHOOK_SECRET, happened)
        return answer

    async def _set_fault(self, request: Request) -> Response:
        form = await request.form()
        self._fault.set(str(form["name"]), int(str(form.get("times", "1"))))
        return back("/scaisend/")


def _stored(folder: Path | None) -> list[Row]:
    files = folder.glob("*.json") if folder else []
    return sorted((json.loads(file.read_text()) for file in files), key=lambda mail: -mail["received_at"])


def _problems(body: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    personalizations = body.get("personalizations")
    if not isinstance(personalizations, list) or not 1 <= len(personalizations) <= 1000:
        found.append(("The personalizations field is required and takes 1 to 1000 entries.", "personalizations"))
    else:
        for index, one in enumerate(personalizations):
            if not one.get("to"):
                found.append(
                    ("The to array is required and must have at least one item.", f"personalizations.{index}.to")
                )
            found += [
                ("Does not contain a valid address.", f"personalizations.{index}.to.{place}.email")
                for place, to in enumerate(one.get("to", []))
                if not _EMAIL.fullmatch(str(to.get("email", "")))
            ]
            if not (one.get("subject") or body.get("subject")):
                found.append(("The subject is required.", "subject"))
    if not _EMAIL.fullmatch(str((body.get("from") or {}).get("email", ""))):
        found.append(("The from email does not contain a valid address.", "from.email"))
    if not body.get("content") and not str(body.get("template_id", "")).startswith("d-"):
        found.append(("The content or a template_id is required.", "content"))
    return found + _attachment_problems(body.get("attachments", []))


def _attachment_problems(attachments: list[Mapping[str, str]]) -> list[tuple[str, str | None]]:
    if len(attachments) > _ATTACHMENTS_MAX:
        return [("At most 10 attachments are allowed.", "attachments")]
    total = 0
    for index, attachment in enumerate(attachments):
        try:
            total += len(base64.b64decode(attachment.get("content", ""), validate=True))
        except binascii.Error:
            return [("The attachment content must be base64 encoded.", f"attachments.{index}.content")]
    return [("The attachments are larger than 20 MB.", "attachments")] if total > _BYTES_MAX else []


def _errors(status: int, *errors: tuple[str, str | None]) -> Response:
    return JSONResponse({"errors": [{"message": text, "field": field, "help": None} for text, field in errors]}, status)


def _sandboxed(body: Mapping[str, Any]) -> bool:
    return bool(body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"))


def _mail(message_id: str, personalization: Mapping[str, Any], body: Mapping[str, Any]) -> Row:
    return {
        "id": message_id,
        "received_at": datetime.now(UTC).timestamp(),
        "from": body["from"],
        "to": personalization["to"],
        "cc": personalization.get("cc", []),
        "subject": personalization.get("subject") or body["subject"],
        "content": body.get("content", []),
        "attachments": body.get("attachments", []),
        "custom_args": {**body.get("custom_args", {}), **personalization.get("custom_args", {})},
        "headers": body.get("headers", {}),
        "reply_to": body.get("reply_to"),
        "events": [],
        "read": False,
    }


def _summary(mail: Mapping[str, Any]) -> Row:
    names = [{"filename": file["filename"], "type": file["type"]} for file in mail["attachments"]]
    return {
        **{name: mail[name] for name in ("id", "received_at", "to", "subject", "custom_args")},
        "attachments": names,
    }


def _content(mail: Mapping[str, Any], media_type: str) -> str:
    return next((str(part["value"]) for part in mail["content"] if part["type"] == media_type), "")


def _haystack(mail: Mapping[str, Any]) -> str:
    addresses = " ".join(f"{to.get('name', '')} {to['email']}" for to in mail["to"])
    return f"{mail['subject']} {addresses} {' '.join(map(str, mail['custom_args'].values()))}".lower()


def _event(mail: Mapping[str, Any], kind: str, now: int) -> Row:
    return {
        "event_id": f"evt_{secrets.token_hex(10)}",
        "event_type": kind,
        "timestamp": now,
        "message_id": mail["id"],
        "recipient_email": mail["to"][0]["email"],
        "tenant_id": "tnt_scailabs",
        "metadata": mail["custom_args"],
    }
