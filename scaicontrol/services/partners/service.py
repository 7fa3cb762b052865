"""Editing a partner's seller data and terms."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from scaicontrol.core import postal_addresses
from scaicontrol.core.errors import Conflict, Forbidden, invalid
from scaicontrol.core.periods import time_zone
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import uploads

from . import colors, identifiers, queries
from .events import PartnerBillingLinked, PartnerBillingUpdated, PartnerConfigured
from .models import PartnerConfiguration
from .schemas import PartnerConfigurationPatch
from .sellers import SELLER_FIELDS


@verb
async def configure(uow: UnitOfWork, partner_id: str, patch: PartnerConfigurationPatch) -> PartnerConfiguration:
    """
    Change what was sent, and tell once that the partner can be billed for, later which seller fields changed.

    Saying what is stored already changes nothing. A stale `version` is a Conflict.

    Raises NotFound, Forbidden for a host name that is not an operator's to set, and Invalid for a picture that is not
    the partner's and for a colour that cannot be read.
    """
    uow.authorize("partners:configure")
    await queries.get(uow, partner_id)
    config = await uow.session.get(PartnerConfiguration, partner_id, with_for_update=True)
    if config is None:
        config = PartnerConfiguration(partner_id=partner_id)
    sent = patch.model_dump(exclude_unset=True)
    if sent.get("logo_url"):
        sent["logo_url"] = await uploads.require_usable(uow, sent["logo_url"], partner_id, "logo_url")
    version = sent.pop("version", None)
    if version is not None and version != config.version:
        raise Conflict(f"The {config} was changed meanwhile: it is at version {config.version}, not {version}.")
    wanted = _checked(config, {name: value if value != "" else None for name, value in sent.items()})
    _check_host(uow, config, wanted)
    before = {name: getattr(config, name) for name, value in wanted.items() if getattr(config, name) != value}
    if before:
        for name in before:
            setattr(config, name, wanted[name])
        config.version += 1
        uow.session.add(config)
        _tell(uow, config, before)
        await uow.write()
    return queries.with_operator(uow, config)


def _checked(config: PartnerConfiguration, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values as they are stored, or raise Invalid naming the field."""
    wanted = dict(sent)
    country = sent.get("seller_country_code", config.seller_country_code)
    if sent.get("seller_country_code"):
        identifiers.country_code(sent["seller_country_code"], "seller_country_code")
    if number := sent.get("seller_vat_number", config.seller_vat_number if "seller_country_code" in sent else None):
        wanted["seller_vat_number"] = identifiers.vat_number(number, country, "seller_vat_number")
    if code := _moved_postal_code(config, sent):
        state = sent.get("seller_state", config.seller_state)
        wanted["seller_postal_code"] = postal_addresses.postal_code(code, country, state, "seller_postal_code")
    if sent.get("iban"):
        wanted["iban"] = identifiers.iban(sent["iban"])
    if sent.get("bic"):
        wanted["bic"] = identifiers.bic(sent["bic"])
    if sent.get("peppol_scheme"):
        wanted["peppol_scheme"] = identifiers.eas_code(sent["peppol_scheme"])
    for name in ("brand_color", "brand_color_dark"):
        if sent.get(name) and sent[name] != getattr(config, name):
            colors.require_readable(name, sent[name], is_dark=name == "brand_color_dark")
    if "timezone" in sent:
        time_zone(sent["timezone"])
    return wanted


def _check_host(uow: UnitOfWork, config: PartnerConfiguration, wanted: Mapping[str, Any]) -> None:
    """Let operators alone give a portal its host: it must lead here, and a partner could take another's."""
    host = wanted.get("portal_host", config.portal_host)
    if host == config.portal_host:
        return
    if not uow.actor.is_platform:
        raise Forbidden("The host name of a portal is set by the platform's operator, once it leads here.")
    if host == urlsplit(uow.settings.public_base_url).hostname:
        raise invalid("portal_host", f"{host} is the installation's own host; leave the field empty for it.")


def _moved_postal_code(config: PartnerConfiguration, sent: Mapping[str, Any]) -> str | None:
    """Give the postcode that was sent where it, or the place it must fit, changes; what is stored stays as it is."""
    places = ("seller_postal_code", "seller_country_code", "seller_state")
    moves = any(name in sent and sent[name] != getattr(config, name) for name in places)
    return sent.get("seller_postal_code") if moves else None


def _tell(uow: UnitOfWork, config: PartnerConfiguration, before: Mapping[str, Any]) -> None:
    after = {name: getattr(config, name) for name in before}
    changed_seller = sorted(before.keys() & set(SELLER_FIELDS))
    common = {"partner_id": config.partner_id, "scaicontrol_customer_id": config.partner_id}
    if config.billing_linked_at is None and config.legal_name and config.seller_country_code:
        config.billing_linked_at = uow.now
        uow.emit(
            PartnerBillingLinked(
                **common,
                linked_at=uow.now,
                legal_name=config.legal_name,
                country_code=config.seller_country_code,
                vat_number=config.seller_vat_number,
            ),
            before=before,
            after=after,
        )
    elif config.billing_linked_at is not None and changed_seller:
        uow.emit(
            PartnerBillingUpdated(
                **common,
                updated_at=uow.now,
                changed_fields=changed_seller,
                legal_name=config.legal_name,
                country_code=config.seller_country_code,
                vat_number=config.seller_vat_number,
                contact_email=config.seller_email,
                version=config.version,
            ),
            before=before,
            after=after,
        )
    else:
        uow.emit(
            PartnerConfigured(partner_id=config.partner_id, changed_fields=sorted(before), version=config.version),
            before=before,
            after=after,
        )
