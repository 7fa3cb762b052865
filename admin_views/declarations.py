"""What consumers declared about their contracts without signing in, and what a person makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.rehearsal import rehearse
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import declarations
from scaicontrol.services.declarations.lifecycle import DeclarationKind
from scaicontrol.services.declarations.models import Declaration, DeclarationDecision
from scaicontrol.services.declarations.schemas import CarryOutIn, DeclarationDetail, DeclineIn
from scaicontrol.services.invoices.events import InvoiceDrafted

from . import formatting
from .base import ControlView, ListColumn, ListFilter, moment_column, named_column
from .language import gettext
from .menu import MenuGroup
from .names import Ref, names_of
from .timeline import Timeline, timeline_of
from .verbs import Field, VerbButton

Given = Mapping[str, str]


def _carried_out(given: Given) -> CarryOutIn:
    return CarryOutIn.model_validate(
        {
            "subscription_id": given.get("subscription_id") or None,
            "gives_back": given.get("gives_back", "yes") != "no",
            "note": given.get("note") or None,
        }
    )


async def carry_out(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    done = await backend.perform(actor, declarations.carry_out, pk, _carried_out(given))
    return gettext(
        "It is carried out: %(contract)s ends on %(moment)s.",
        contract=str(done.subscription_id),
        moment=formatting.moment(done.ends_at),
    )


async def preview(backend: Backend, actor: Actor, pk: str, given: Given) -> Sequence[tuple[str, str]]:
    """Say when the contract would end, and what would be given back; nothing is changed."""

    async def would(uow: UnitOfWork) -> list[tuple[str, str]]:
        done = await declarations.carry_out(uow, pk, _carried_out(given))
        notes = [fact for fact in uow.facts if isinstance(fact, InvoiceDrafted)]
        drafted = [
            (gettext("Credit note, draft"), formatting.money(each.subtotal_cents, each.currency)) for each in notes
        ]
        contract, ends = (
            (gettext("Contract"), str(done.subscription_id)),
            (gettext("Ends"), formatting.moment(done.ends_at)),
        )
        return [contract, ends, *drafted]

    async def tried(stage: Backend) -> list[tuple[str, str]]:
        return await stage.perform(actor, would)

    return (await rehearse(backend, tried)).result


async def decline(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    await backend.perform(actor, declarations.decline, pk, DeclineIn(note=given.get("note", "")))
    return gettext("It is declined.")


@dataclass(frozen=True, slots=True)
class DeclarationPage:
    """What the page of a declaration shows."""

    declaration: DeclarationDetail
    names: Mapping[str, str]
    timeline: Timeline


def _undecided(value: str) -> ColumnElement[bool]:
    decided = Declaration.id.in_(select(DeclarationDecision.declaration_id))
    return ~decided if value == "yes" else decided


class DeclarationView(ControlView, model=Declaration):
    name, name_plural, icon = "Declaration", "Declarations", "subscriptions"
    category, rank = MenuGroup.customers, 40
    about = "Withdrawals and cancellations that consumers declared without signing in; each waits for a person."
    when_empty = "They come from the pages of sellers that sell to consumers."
    prefix = "dcl"
    permission = "declarations:read"
    details_template = "console/declaration.html"
    searched = (Declaration.id, Declaration.name, Declaration.contract, Declaration.email)
    presets = (("Waiting", "open=yes"),)
    search_hint = "id, name, contract or e-mail"
    columns = (
        ListColumn("Name", lambda row: row.name, Declaration.name, "link"),
        ListColumn("Kind", lambda row: formatting.spoken(row.kind)),
        ListColumn("Contract", lambda row: row.contract),
        named_column("Tenant found", "tenant", "found_tenant_id"),
        named_column("Seller", "partner", "partner_id"),
        moment_column("Received", "created_at", Declaration.created_at),
    )
    narrowing = (
        ListFilter("open", "Undecided", _undecided, ["yes", "no"]),
        ListFilter("kind", "Kind", lambda value: Declaration.kind == value, list(DeclarationKind)),
        ListFilter("partner", "Seller", lambda value: Declaration.partner_id == value, kind="partner"),
    )
    verbs = (
        VerbButton(
            "carry_out",
            "Carry out",
            "declarations:decide",
            "The contract ends as declared: a cancellation at its day, a withdrawal now, with drafts of credit notes.",
            carry_out,
            [
                Field("subscription_id", "Subscription", required=False, hint="Empty: the contract that was found."),
                Field("gives_back", "Credit what was billed", "choice", required=False, choices=("yes", "no")),
                Field("note", "Note", "long", required=False, hint="For the consumer, in the mail."),
            ],
            danger=True,
            preview=preview,
        ),
        VerbButton(
            "decline",
            "Decline",
            "declarations:decide",
            "Nothing follows from it; the consumer reads why.",
            decline,
            [Field("note", "Why", "long")],
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Declaration]:
        uow.authorize(self.permission)
        return declarations.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> DeclarationPage:
        uow.authorize(self.permission)
        found = await declarations.detail(uow, pk)
        refs = [Ref("partner", found.partner_id)]
        refs += [Ref("tenant", found.found_tenant_id)] if found.found_tenant_id else []
        return DeclarationPage(found, await names_of(uow, refs), await timeline_of(uow, pk))

    def title_of(self, detail: DeclarationPage) -> str:
        kind = formatting.spoken(detail.declaration.kind).capitalize()
        return gettext("%(kind)s of %(name)s", kind=kind, name=detail.declaration.name)

    def actions_of(self, detail: DeclarationPage) -> Sequence[str]:
        return detail.declaration.available_actions


VIEWS = (DeclarationView,)
