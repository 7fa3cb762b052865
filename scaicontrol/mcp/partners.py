"""Who sells."""

from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, partners
from scaicontrol.services.billing import PartnerSummary
from scaicontrol.services.billing.schemas import PartnerSummaryOut
from scaicontrol.services.partners.models import Partner, PartnerConfiguration
from scaicontrol.services.partners.schemas import PartnerConfigurationOut, PartnerConfigurationPatch, PartnerOut

from .door import Paging, Tool, Whole

tool = Tool("manage_partners", "Who sells, and on which terms.")


class SellerOut(PartnerOut):
    """A partner with its seller data and terms."""

    configuration: PartnerConfigurationOut


@tool.read("partners:list", out=list[PartnerOut])
async def list_(uow: UnitOfWork, paging: Paging, q: Word | None = None) -> Page[Partner]:
    """List partners."""
    return await partners.page(uow, paging.request, q=q)


@tool.read("partners:list", out=SellerOut)
async def get(uow: UnitOfWork, partner_id: Id) -> SellerOut:
    """Read a partner with its configuration."""
    partner = PartnerOut.model_validate(await partners.get(uow, partner_id))
    configuration = PartnerConfigurationOut.model_validate(await partners.configuration(uow, partner_id))
    return SellerOut(**dict(partner), configuration=configuration)


@tool.read("partners:list", out=PartnerSummaryOut)
async def summary(uow: UnitOfWork, partner_id: Id) -> PartnerSummary:
    """Sum up revenue, receivables, subscriptions."""
    return await billing.partner_summary(uow, partner_id)


@tool.change("partners:configure", out=PartnerConfigurationOut, destructive=True)
async def configure(
    uow: UnitOfWork, partner_id: Id, configuration: Whole[PartnerConfigurationPatch]
) -> PartnerConfiguration:
    """Change seller data and terms."""
    return await partners.configure(uow, partner_id, configuration)
