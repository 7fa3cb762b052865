# ruff: noqa: E501 - sentences in six languages, with their own apostrophes
"""When an answer of VIES needs a person before the next invoice, and what that person is told."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from scaicontrol.core.ports import VatAnswer
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, tenants

from . import queries
from .models import VatConsultation
from .notes import Language, language_or_english
from .questions import lead


@dataclass(frozen=True, slots=True)
class VatWarning:
    """A number that VIES does not confirm; `occasion` is the same for every answer since it last did."""

    tenant_id: str
    partner_id: str
    buyer: str
    vat_number: str
    answer: VatAnswer
    occasion: str
    tenant_language: str | None
    seller_language: str | None
    seller_email: str | None

    def words(self, language: str | None) -> tuple[str, str]:
        """Give a title and a sentence in one of the six languages, English for others."""
        title, sentence = _WORDS[self.answer][language_or_english(language)]
        return title.format(number=self.vat_number), sentence.format(number=self.vat_number, buyer=self.buyer)


async def vat_warning(uow: UnitOfWork, consultation_id: str) -> VatWarning | None:
    """
    Tell whether an answer must be looked at before the next invoice, or give None.

    No is looked at unless the policy is off; silence only where the policy requires an answer and the last one is
    about to be too old. An answer about a number the tenant no longer has concerns nobody.
    """
    uow.authorize("tax:decide")
    asked = await uow.session.get(VatConsultation, consultation_id)
    profile = await tenants.billing_profile(uow, asked.tenant_id) if asked else None
    if asked is None or profile is None or not profile.is_business or profile.vat_number != asked.vat_number:
        return None
    terms = await partners.settings_of(uow, asked.partner_id)
    confirmed = await queries.last_valid(uow, asked.tenant_id, asked.vat_number)
    oldest = uow.now - timedelta(days=terms.vies_max_age_days) + lead(terms.vies_max_age_days)
    runs_out = terms.vies_policy == "required" and (confirmed is None or confirmed < oldest)
    if terms.vies_policy == "off" or not (asked.answer is VatAnswer.invalid or (
        asked.answer is VatAnswer.unavailable and runs_out
    )):  # fmt: skip
        return None
    seller = partners.seller_snapshot(terms)
    return VatWarning(
        asked.tenant_id,
        asked.partner_id,
        profile.company_name or asked.tenant_id,
        asked.vat_number,
        asked.answer,
        f"{asked.vat_number}:{asked.result}:{confirmed.date() if confirmed else 'never'}",
        profile.preferred_language,
        terms.default_language,
        seller.get("seller_email"),
    )


_WORDS: Final[dict[VatAnswer, dict[Language, tuple[str, str]]]] = {
    VatAnswer.invalid: {
        "en": ("VAT number {number} is not valid", "The EU register (VIES) says that VAT number {number} of {buyer} is not valid. Correct it before the next invoice: it may carry VAT."),
        "nl": ("Btw-nummer {number} is niet geldig", "Volgens het EU-register (VIES) is btw-nummer {number} van {buyer} niet geldig. Corrigeer het vóór de volgende factuur: die kan btw bevatten."),
        "de": ("USt-IdNr. {number} ist nicht gültig", "Laut dem EU-Register (VIES) ist die USt-IdNr. {number} von {buyer} nicht gültig. Korrigieren Sie sie vor der nächsten Rechnung: Sie kann Umsatzsteuer enthalten."),
        "fr": ("Le numéro de TVA {number} n’est pas valide", "Selon le registre de l’UE (VIES), le numéro de TVA {number} de {buyer} n’est pas valide. Corrigez-le avant la prochaine facture : elle pourrait comporter la TVA."),
        "es": ("El NIF-IVA {number} no es válido", "Según el registro de la UE (VIES), el NIF-IVA {number} de {buyer} no es válido. Corríjalo antes de la próxima factura: podría llevar IVA."),
        "it": ("La partita IVA {number} non è valida", "Secondo il registro dell’UE (VIES), la partita IVA {number} di {buyer} non è valida. Va corretta prima della prossima fattura, che potrebbe riportare l’IVA."),
    },
    VatAnswer.unavailable: {
        "en": ("VAT number {number} could not be confirmed", "The EU register (VIES) does not answer about VAT number {number} of {buyer}. Until it does, the next invoice waits for a person."),
        "nl": ("Btw-nummer {number} kon niet worden bevestigd", "Het EU-register (VIES) geeft geen antwoord over btw-nummer {number} van {buyer}. Tot dan wacht de volgende factuur op een medewerker."),
        "de": ("USt-IdNr. {number} konnte nicht bestätigt werden", "Das EU-Register (VIES) gibt zur USt-IdNr. {number} von {buyer} keine Antwort. Bis dahin wartet die nächste Rechnung auf eine Person."),
        "fr": ("Le numéro de TVA {number} n’a pas pu être confirmé", "Le registre de l’UE (VIES) ne répond pas au sujet du numéro de TVA {number} de {buyer}. D’ici là, la prochaine facture attend une personne."),
        "es": ("No se pudo confirmar el NIF-IVA {number}", "El registro de la UE (VIES) no responde sobre el NIF-IVA {number} de {buyer}. Hasta entonces, la próxima factura espera a una persona."),
        "it": ("La partita IVA {number} non ha potuto essere confermata", "Il registro dell’UE (VIES) non risponde sulla partita IVA {number} di {buyer}. Fino ad allora la prossima fattura attende una persona."),
    },
}  # fmt: skip
