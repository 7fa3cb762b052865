"""What our built-in mails say, complete in each of the six languages: a missing sentence does not type-check."""

from dataclasses import dataclass
from typing import Literal

from scaicontrol.services.tax.notes import Language, language_or_english

MailKind = Literal[
    "email_invoice",
    "email_credit_note",
    "email_trial_ending",
    "email_payment_failed",
    "email_dunning_reminder",
    "email_subscription_suspended",
]


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and body of one kind; `{…}` are filled with what the mail is about."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What every mail of a language shares."""

    greeting: str
    button: str
    regards: str


_FRAMES: dict[Language, Frame] = {
    "en": Frame("Dear {name},", "Open the portal", "Kind regards,"),
    "nl": Frame("Geachte {name},", "Naar het portaal", "Met vriendelijke groet,"),
    "de": Frame("Guten Tag {name},", "Zum Portal", "Mit freundlichen Grüßen"),
    "fr": Frame("Bonjour {name},", "Ouvrir le portail", "Cordialement,"),
    "es": Frame("Estimado/a {name}:", "Abrir el portal", "Atentamente,"),
    "it": Frame("Gentile {name},", "Apri il portale", "Cordiali saluti,"),
}

_WORDS: dict[Language, dict[MailKind, Words]] = {
    "en": {
        "email_invoice": Words(
            "Invoice {number} from {seller}",
            "Please find attached invoice {number} over {total}. The amount of {due} is due by {due_date}.",
        ),
        "email_credit_note": Words(
            "Credit note {number} from {seller}",
            "Please find attached credit note {number} over {total}. It corrects an earlier invoice.",
        ),
        "email_trial_ending": Words(
            "Your trial of {service} ends on {date}",
            "Your trial of {service} ends on {date}. Add a payment method in the portal to keep using it.",
        ),
        "email_payment_failed": Words(
            "Your payment for invoice {number} failed",
            "We could not collect {due} for invoice {number}. Please check your payment method in the portal.",
        ),
        "email_dunning_reminder": Words(
            "Reminder: invoice {number} is unpaid",
            "Invoice {number} over {due} was due on {due_date} and has not been paid yet. Please pay it now.",
        ),
        "email_subscription_suspended": Words(
            "{service} has been suspended",
            "Your subscription of {service} has been suspended. Pay what is open in the portal to resume it.",
        ),
    },
    "nl": {
        "email_invoice": Words(
            "Factuur {number} van {seller}",
            "Bijgevoegd vindt u factuur {number} over {total}. Het bedrag van {due} dient uiterlijk {due_date} "
            "betaald te zijn.",
        ),
        "email_credit_note": Words(
            "Creditnota {number} van {seller}",
            "Bijgevoegd vindt u creditnota {number} over {total}. Deze corrigeert een eerdere factuur.",
        ),
        "email_trial_ending": Words(
            "Uw proefperiode van {service} eindigt op {date}",
            "Uw proefperiode van {service} eindigt op {date}. Voeg in het portaal een betaalmethode toe om verder te "
            "gaan.",
        ),
        "email_payment_failed": Words(
            "Uw betaling voor factuur {number} is mislukt",
            "Wij konden {due} voor factuur {number} niet incasseren. Controleer uw betaalmethode in het portaal.",
        ),
        "email_dunning_reminder": Words(
            "Herinnering: factuur {number} is niet betaald",
            "Factuur {number} over {due} had op {due_date} betaald moeten zijn. Wij verzoeken u deze nu te voldoen.",
        ),
        "email_subscription_suspended": Words(
            "{service} is opgeschort",
            "Uw abonnement op {service} is opgeschort. Voldoe het openstaande bedrag in het portaal om verder te gaan.",
        ),
    },
    "de": {
        "email_invoice": Words(
            "Rechnung {number} von {seller}",
            "Anbei erhalten Sie die Rechnung {number} über {total}. Der Betrag von {due} ist bis {due_date} fällig.",
        ),
        "email_credit_note": Words(
            "Gutschrift {number} von {seller}",
            "Anbei erhalten Sie die Gutschrift {number} über {total}. Sie berichtigt eine frühere Rechnung.",
        ),
        "email_trial_ending": Words(
            "Ihr Testzeitraum für {service} endet am {date}",
            "Ihr Testzeitraum für {service} endet am {date}. Hinterlegen Sie im Portal ein Zahlungsmittel, um den "
            "Dienst weiter zu nutzen.",
        ),
        "email_payment_failed": Words(
            "Ihre Zahlung für Rechnung {number} ist fehlgeschlagen",
            "Wir konnten {due} für die Rechnung {number} nicht einziehen. Bitte prüfen Sie Ihr Zahlungsmittel im "
            "Portal.",
        ),
        "email_dunning_reminder": Words(
            "Zahlungserinnerung: Rechnung {number} ist offen",
            "Die Rechnung {number} über {due} war am {due_date} fällig und ist noch offen. Bitte begleichen Sie sie "
            "jetzt.",
        ),
        "email_subscription_suspended": Words(
            "{service} wurde gesperrt",
            "Ihr Abonnement von {service} wurde gesperrt. Begleichen Sie den offenen Betrag im Portal, um es "
            "fortzusetzen.",
        ),
    },
    "fr": {
        "email_invoice": Words(
            "Facture {number} de {seller}",
            "Veuillez trouver ci-joint la facture {number} d'un montant de {total}. La somme de {due} est à régler "
            "avant le {due_date}.",
        ),
        "email_credit_note": Words(
            "Avoir {number} de {seller}",
            "Veuillez trouver ci-joint l'avoir {number} d'un montant de {total}. Il corrige une facture antérieure.",
        ),
        "email_trial_ending": Words(
            "Votre essai de {service} se termine le {date}",
            "Votre essai de {service} se termine le {date}. Ajoutez un moyen de paiement dans le portail pour "
            "continuer.",
        ),
        "email_payment_failed": Words(
            "Votre paiement de la facture {number} a échoué",
            "Nous n'avons pas pu encaisser {due} pour la facture {number}. Vérifiez votre moyen de paiement dans le "
            "portail.",
        ),
        "email_dunning_reminder": Words(
            "Rappel : la facture {number} est impayée",
            "La facture {number} d'un montant de {due} était à régler le {due_date} et reste impayée. Merci de la "
            "régler dès maintenant.",
        ),
        "email_subscription_suspended": Words(
            "{service} a été suspendu",
            "Votre abonnement à {service} a été suspendu. Réglez le montant dû dans le portail pour le reprendre.",
        ),
    },
    "es": {
        "email_invoice": Words(
            "Factura {number} de {seller}",
            "Adjuntamos la factura {number} por {total}. El importe de {due} vence el {due_date}.",
        ),
        "email_credit_note": Words(
            "Factura rectificativa {number} de {seller}",
            "Adjuntamos la factura rectificativa {number} por {total}. Corrige una factura anterior.",
        ),
        "email_trial_ending": Words(
            "Su prueba de {service} termina el {date}",
            "Su prueba de {service} termina el {date}. Añada un medio de pago en el portal para seguir usándolo.",
        ),
        "email_payment_failed": Words(
            "El pago de la factura {number} ha fallado",
            "No hemos podido cobrar {due} de la factura {number}. Revise su medio de pago en el portal.",
        ),
        "email_dunning_reminder": Words(
            "Recordatorio: la factura {number} está pendiente",
            "La factura {number} por {due} venció el {due_date} y sigue pendiente. Le rogamos que la pague ahora.",
        ),
        "email_subscription_suspended": Words(
            "{service} ha sido suspendido",
            "Su suscripción a {service} ha sido suspendida. Pague el importe pendiente en el portal para reanudarla.",
        ),
    },
    "it": {
        "email_invoice": Words(
            "Fattura {number} di {seller}",
            "In allegato trova la fattura {number} di {total}. L'importo di {due} scade il {due_date}.",
        ),
        "email_credit_note": Words(
            "Nota di credito {number} di {seller}",
            "In allegato trova la nota di credito {number} di {total}. Corregge una fattura precedente.",
        ),
        "email_trial_ending": Words(
            "La Sua prova di {service} termina il {date}",
            "La Sua prova di {service} termina il {date}. Aggiunga un metodo di pagamento nel portale per continuare.",
        ),
        "email_payment_failed": Words(
            "Il pagamento della fattura {number} non è riuscito",
            "Non abbiamo potuto incassare {due} per la fattura {number}. Verifichi il metodo di pagamento nel portale.",
        ),
        "email_dunning_reminder": Words(
            "Promemoria: la fattura {number} non è pagata",
            "La fattura {number} di {due} è scaduta il {due_date} e non è ancora pagata. La preghiamo di saldarla ora.",
        ),
        "email_subscription_suspended": Words(
            "{service} è stato sospeso",
            "Il Suo abbonamento a {service} è stato sospeso. Saldi l'importo dovuto nel portale per riattivarlo.",
        ),
    },
}


def words(kind: MailKind, language: str) -> tuple[Frame, Words]:
    """Give a kind's sentences in a language, in English when we do not speak it."""
    known = language_or_english(language)
    return _FRAMES[known], _WORDS[known][kind]
