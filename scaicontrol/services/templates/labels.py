"""The words our built-in documents print, complete in each of the six languages: a missing one does not type-check."""

from dataclasses import dataclass

from scaicontrol.services.tax import Language, language_or_english


@dataclass(frozen=True, slots=True)
class Labels:
    """What stands beside the data of a document; `{…}` are filled by the template."""

    invoice: str
    credit_note: str
    billed_to: str
    number: str
    issue_date: str
    due_date: str
    period: str
    vat_number: str
    registration_number: str
    buyer_reference: str
    purchase_order: str
    corrects: str
    description: str
    quantity: str
    unit_price: str
    per: str
    vat: str
    amount: str
    subtotal: str
    vat_on: str
    total: str
    paid: str
    amount_due: str
    amount_credited: str
    pay: str
    pay_by: str
    account_holder: str
    reference: str
    scan: str
    credit: str
    notes: str
    page: str
    void: str


_LABELS: dict[Language, Labels] = {
    "en": Labels(
        invoice="Invoice",
        credit_note="Credit note",
        billed_to="Billed to",
        number="Number",
        issue_date="Issue date",
        due_date="Due date",
        period="Service period",
        vat_number="VAT number",
        registration_number="Registration no.",
        buyer_reference="Your reference",
        purchase_order="Purchase order",
        corrects="Credits invoice",
        description="Description",
        quantity="Quantity",
        unit_price="Unit price",
        per="per",
        vat="VAT",
        amount="Amount",
        subtotal="Subtotal",
        vat_on="on {base}",
        total="Total",
        paid="Paid",
        amount_due="Amount due",
        amount_credited="Amount credited",
        pay="Payment",
        pay_by="Please transfer {amount} by {date}, quoting {reference}.",
        account_holder="Account holder",
        reference="Reference",
        scan="Scan to pay with your banking app",
        credit="This credit is set off against the invoice named above; what is already paid is refunded.",
        notes="Notes",
        page="Page {page} of {pages}",
        void="VOID",
    ),
    "nl": Labels(
        invoice="Factuur",
        credit_note="Creditnota",
        billed_to="Gefactureerd aan",
        number="Nummer",
        issue_date="Factuurdatum",
        due_date="Vervaldatum",
        period="Leveringsperiode",
        vat_number="Btw-nummer",
        registration_number="KvK-nummer",
        buyer_reference="Uw kenmerk",
        purchase_order="Inkooporder",
        corrects="Crediteert factuur",
        description="Omschrijving",
        quantity="Aantal",
        unit_price="Prijs",
        per="per",
        vat="Btw",
        amount="Bedrag",
        subtotal="Subtotaal",
        vat_on="over {base}",
        total="Totaal",
        paid="Betaald",
        amount_due="Te betalen",
        amount_credited="Te crediteren",
        pay="Betaling",
        pay_by="Wij verzoeken u {amount} vóór of op {date} over te maken onder vermelding van {reference}.",
        account_holder="Rekeninghouder",
        reference="Betalingskenmerk",
        scan="Scan met uw bank-app om te betalen",
        credit="Dit bedrag wordt verrekend met de bovengenoemde factuur; wat al is betaald, wordt teruggestort.",
        notes="Opmerkingen",
        page="Pagina {page} van {pages}",
        void="VERVALLEN",
    ),
    "de": Labels(
        invoice="Rechnung",
        credit_note="Rechnungskorrektur",
        billed_to="Rechnungsempfänger",
        number="Nummer",
        issue_date="Rechnungsdatum",
        due_date="Fällig am",
        period="Leistungszeitraum",
        vat_number="USt-IdNr.",
        registration_number="Registernummer",
        buyer_reference="Ihre Referenz",
        purchase_order="Bestellnummer",
        corrects="Korrigiert Rechnung",
        description="Beschreibung",
        quantity="Menge",
        unit_price="Einzelpreis",
        per="pro",
        vat="USt.",
        amount="Betrag",
        subtotal="Zwischensumme",
        vat_on="auf {base}",
        total="Gesamtbetrag",
        paid="Bezahlt",
        amount_due="Zu zahlen",
        amount_credited="Gutschriftsbetrag",
        pay="Zahlung",
        pay_by="Bitte überweisen Sie {amount} bis zum {date} unter Angabe von {reference}.",
        account_holder="Kontoinhaber",
        reference="Verwendungszweck",
        scan="Zum Bezahlen mit der Banking-App scannen",
        credit="Der Betrag wird mit der oben genannten Rechnung verrechnet; bereits Bezahltes wird erstattet.",
        notes="Hinweise",
        page="Seite {page} von {pages}",
        void="STORNIERT",
    ),
    "fr": Labels(
        invoice="Facture",
        credit_note="Avoir",
        billed_to="Facturé à",
        number="Numéro",
        issue_date="Date d’émission",
        due_date="Échéance",
        period="Période de service",
        vat_number="N° de TVA",
        registration_number="N° d’immatriculation",
        buyer_reference="Votre référence",
        purchase_order="Bon de commande",
        corrects="Relatif à la facture",
        description="Désignation",
        quantity="Quantité",
        unit_price="Prix unitaire",
        per="par",
        vat="TVA",
        amount="Montant",
        subtotal="Total HT",
        vat_on="sur {base}",
        total="Total TTC",
        paid="Déjà payé",
        amount_due="À payer",
        amount_credited="Montant de l’avoir",
        pay="Paiement",
        pay_by="Merci de virer {amount} au plus tard le {date} en rappelant la référence {reference}.",
        account_holder="Titulaire du compte",
        reference="Référence",
        scan="Scannez pour payer avec votre application bancaire",
        credit="Ce montant est imputé sur la facture mentionnée ci-dessus ; les sommes déjà payées sont remboursées.",
        notes="Remarques",
        page="Page {page} sur {pages}",
        void="ANNULÉ",
    ),
    "es": Labels(
        invoice="Factura",
        credit_note="Factura rectificativa",
        billed_to="Facturado a",
        number="Número",
        issue_date="Fecha de emisión",
        due_date="Vencimiento",
        period="Periodo de servicio",
        vat_number="N.º de IVA",
        registration_number="N.º de registro",
        buyer_reference="Su referencia",
        purchase_order="Pedido",
        corrects="Rectifica la factura",
        description="Descripción",
        quantity="Cantidad",
        unit_price="Precio",
        per="por",
        vat="IVA",
        amount="Importe",
        subtotal="Base imponible",
        vat_on="sobre {base}",
        total="Total",
        paid="Pagado",
        amount_due="Importe a pagar",
        amount_credited="Importe abonado",
        pay="Pago",
        pay_by="Le rogamos que transfiera {amount} antes del {date} indicando la referencia {reference}.",
        account_holder="Titular de la cuenta",
        reference="Referencia",
        scan="Escanee para pagar con la aplicación de su banco",
        credit="Este importe se compensa con la factura indicada; lo ya pagado se reembolsa.",
        notes="Observaciones",
        page="Página {page} de {pages}",
        void="ANULADA",
    ),
    "it": Labels(
        invoice="Fattura",
        credit_note="Nota di credito",
        billed_to="Intestata a",
        number="Numero",
        issue_date="Data di emissione",
        due_date="Scadenza",
        period="Periodo di servizio",
        vat_number="Partita IVA",
        registration_number="N. di registro",
        buyer_reference="Vostro riferimento",
        purchase_order="Ordine d’acquisto",
        corrects="Rettifica la fattura",
        description="Descrizione",
        quantity="Quantità",
        unit_price="Prezzo unitario",
        per="per",
        vat="IVA",
        amount="Importo",
        subtotal="Imponibile",
        vat_on="su {base}",
        total="Totale",
        paid="Pagato",
        amount_due="Totale da pagare",
        amount_credited="Importo accreditato",
        pay="Pagamento",
        pay_by="Vi preghiamo di versare {amount} entro il {date} indicando il riferimento {reference}.",
        account_holder="Intestatario del conto",
        reference="Causale",
        scan="Inquadra per pagare con l’app della tua banca",
        credit="L’importo è compensato con la fattura sopra indicata; quanto già pagato è rimborsato.",
        notes="Note",
        page="Pagina {page} di {pages}",
        void="ANNULLATA",
    ),
}


def labels(language: str | None) -> Labels:
    """Give the words of a language, or the English ones."""
    return _LABELS[language_or_english(language)]
