"""The billing profile and the preferences of a tenant."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from scaicontrol.core import postal_addresses
from scaicontrol.core.errors import Forbidden, invalid
from scaicontrol.core.exemption_grounds import ADVICE, is_ground_in_law
from scaicontrol.core.refusals import RefusalCode, conflict
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.partners import identifiers

from . import opt_outs, queries
from .buyers import EXEMPTION_FIELDS
from .events import TenantBillingLinked, TenantBillingUpdated, TenantPreferencesChanged
from .models import BillingProfile, Tenant
from .schemas import BillingProfileIn, PreferencesPatch

_NEVER_EMPTY: Final = frozenset({"tax_exempt", "is_business"})


@verb
async def save_billing_profile(uow: UnitOfWork, tenant_id: str, body: BillingProfileIn) -> BillingProfile:
    """
    Create or change a tenant's billing profile; what was not sent stays.

    `tax_exempt` and its reasons need `billing_profiles:exempt`. A stale `version` is a Conflict.

    Raises NotFound, Forbidden for an exemption that is not the caller's to give, Invalid for a profile that contradicts
    itself.
    """
    uow.authorize("billing_profiles:update")
    tenant = await queries.get(uow, tenant_id)
    profile = await uow.session.scalar(
        select(BillingProfile).where(BillingProfile.tenant_id == tenant.id).with_for_update()
    )
    sent = _sent(body)
    version = sent.pop("version", None)
    is_first = profile is None
    if profile is None:
        profile = BillingProfile(
            tenant_id=tenant.id, partner_id=tenant.partner_id, tax_exempt=False, is_business=True, version=0
        )
    if version is not None and version != profile.version:
        message = f"The {profile} was changed meanwhile: it is at version {profile.version}, not {version}."
        raise conflict(RefusalCode.changed_meanwhile, message)
    _may_exempt(uow, profile, sent)
    wanted = _checked(profile, sent)
    before = {name: getattr(profile, name) for name, value in wanted.items() if getattr(profile, name) != value}
    if not before and not is_first:
        return profile
    for name in before:
        setattr(profile, name, wanted[name])
    if "vat_number" in before:
        profile.vat_number_validated_at = profile.vat_number_result = None
    profile.version += 1
    uow.session.add(profile)
    _tell(uow, profile, before, is_first=is_first)
    return profile


async def note_payment_means(uow: UnitOfWork, tenant_id: str, means: Mapping[str, Any] | None) -> None:
    """Note how the tenant's next documents say they are paid; whoever keeps its payment methods tells each change."""
    uow.authorize("payment_methods:manage")
    tenant = await queries.get(uow, tenant_id, lock=True)  # of two that decide on its methods at once, one begins anew
    tenant.payment_means = dict(means) if means else None


def _may_exempt(uow: UnitOfWork, profile: BillingProfile, sent: Mapping[str, Any]) -> None:
    if _changes(profile, sent, EXEMPTION_FIELDS) and not uow.actor.may("billing_profiles:exempt"):
        raise Forbidden("Only an operator can change the tax exemption; ask your provider.")


def _sent(body: BillingProfileIn) -> dict[str, Any]:
    sent = {name: None if value == "" else value for name, value in body.model_dump(exclude_unset=True).items()}
    return {name: value for name, value in sent.items() if value is not None or name not in _NEVER_EMPTY}


def _checked(profile: BillingProfile, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values as they are stored, or raise Invalid naming the field."""
    wanted = dict(sent)

    def effective(name: str) -> Any:
        return wanted[name] if name in wanted else getattr(profile, name)

    if wanted.get("country_code"):
        identifiers.country_code(wanted["country_code"])
    if wanted.get("postal_code") and _moves(profile, wanted):
        place = effective("country_code"), effective("state")
        wanted["postal_code"] = postal_addresses.postal_code(wanted["postal_code"], *place)
    if (wanted.keys() & {"vat_number", "country_code"}) and effective("vat_number"):
        wanted["vat_number"] = identifiers.vat_number(effective("vat_number"), effective("country_code"))
    if wanted.get("leitweg_id"):
        wanted["leitweg_id"] = identifiers.leitweg_id(wanted["leitweg_id"])
    if wanted.get("peppol_scheme"):
        identifiers.eas_code(wanted["peppol_scheme"])
    peppol = [name for name in ("peppol_id", "peppol_scheme") if effective(name)]
    if len(peppol) == 1 and wanted.keys() & {"peppol_id", "peppol_scheme"}:
        lacking = "peppol_scheme" if peppol == ["peppol_id"] else "peppol_id"
        raise invalid(
            lacking,
            "A Peppol address is an id and its four-digit scheme; send both or none.",
            RefusalCode.peppol_incomplete,
        )
    if wanted.get("tax_exempt") is False:
        wanted |= {"tax_exempt_reason": None, "tax_exempt_reason_code": None}
    elif effective("tax_exempt") and wanted.keys() & set(EXEMPTION_FIELDS):
        is_new = _changes(profile, wanted, EXEMPTION_FIELDS)
        _check_exemption(effective("tax_exempt_reason"), effective("tax_exempt_reason_code"), is_new=is_new)
    return wanted


def _check_exemption(reason: str | None, code: str | None, *, is_new: bool) -> None:
    """Refuse a reason that is none; what is stored may be sent again as it is."""
    if not reason:
        raise invalid("tax_exempt_reason", "An exemption needs its reason; it is printed on documents.", "missing")
    if is_new and not is_ground_in_law(reason, code):
        message = f"The reason '{reason}' names no ground in law; {ADVICE}."
        raise invalid("tax_exempt_reason", message, "exemption_unfounded")


def _moves(profile: BillingProfile, wanted: Mapping[str, Any]) -> bool:
    """Say whether a postcode or the place it must fit changes: what is stored may be sent again as it is."""
    return _changes(profile, wanted, ("postal_code", "country_code", "state"))


def _changes(profile: BillingProfile, wanted: Mapping[str, Any], names: Iterable[str]) -> bool:
    return any(name in wanted and wanted[name] != getattr(profile, name) for name in names)


def _tell(uow: UnitOfWork, profile: BillingProfile, before: Mapping[str, Any], *, is_first: bool) -> None:
    common: dict[str, Any] = {
        "tenant_id": profile.tenant_id,
        "partner_id": profile.partner_id,
        "scaicontrol_customer_id": profile.tenant_id,
        "company_name": profile.company_name,
        "country_code": profile.country_code,
        "vat_number": profile.vat_number,
    }
    after = {name: getattr(profile, name) for name in before}
    if is_first:
        uow.emit(TenantBillingLinked(**common, linked_at=uow.now), after=after)
        return
    uow.emit(
        TenantBillingUpdated(
            **common,
            updated_at=uow.now,
            changed_fields=sorted(before),
            contact_email=profile.contact_email,
            version=profile.version,
        ),
        before=before,
        after=after,
    )


async def record_vat_answer(uow: UnitOfWork, tenant_id: str, vat_number: str, result: str, at: datetime) -> None:
    """
    Note what the register said about a tenant's VAT number.

    An answer about a former number is dropped, and silence does not cover what was answered before.
    """
    uow.authorize("tax:decide")
    profile = await uow.session.scalar(
        select(BillingProfile).where(BillingProfile.tenant_id == tenant_id).with_for_update()
    )
    if profile is None or profile.vat_number != vat_number:
        return
    answered_before = profile.vat_number_result not in {None, "unavailable"}
    if not (result == "unavailable" and answered_before):
        profile.vat_number_result, profile.vat_number_validated_at = result, at


@verb
async def update_preferences(uow: UnitOfWork, tenant_id: str, patch: PreferencesPatch) -> Tenant:
    """
    Change how the portal speaks to a tenant and what it is not told about.

    Raises NotFound, and Invalid for what nobody can opt out of.
    """
    uow.authorize("tenants:update")
    tenant = await queries.get(uow, tenant_id)
    sent = patch.model_dump(exclude_unset=True)
    if "notification_opt_outs" in sent:
        sent["notification_opt_outs"] = sorted(set(sent["notification_opt_outs"] or ()))
        for new in set(sent["notification_opt_outs"]) - set(tenant.notification_opt_outs):
            opt_outs.check(new)
    before = {name: getattr(tenant, name) for name, value in sent.items() if getattr(tenant, name) != value}
    if not before:
        return tenant
    for name in before:
        setattr(tenant, name, sent[name])
    tenant.version += 1
    uow.emit(
        TenantPreferencesChanged(
            tenant_id=tenant.id, partner_id=tenant.partner_id, changed_fields=sorted(before), version=tenant.version
        ),
        before=before,
        after=sent,
    )
    return tenant
