"""The sentences of `explain`: one for each key in each language, with places for what it is about."""

from typing import Final

LANGUAGES: Final = ("en", "nl", "de", "fr", "es", "it")
SENTENCES: Final[dict[str, tuple[str, str, str, str, str, str]]] = {
    "plan": (
        "Plan {plan}, price version {version}.",
        "Abonnement {plan}, prijsversie {version}.",
        "Tarif {plan}, Preisversion {version}.",
        "Formule {plan}, version de prix {version}.",
        "Plan {plan}, versión de precio {version}.",
        "Piano {plan}, versione di prezzo {version}.",
    ),
    "base": (
        "{quantity} × {price} for the whole period: {amount}.",
        "{quantity} × {price} voor de hele periode: {amount}.",
        "{quantity} × {price} für den ganzen Zeitraum: {amount}.",
        "{quantity} × {price} pour toute la période : {amount}.",
        "{quantity} × {price} por todo el período: {amount}.",
        "{quantity} × {price} per l’intero periodo: {amount}.",
    ),
    "part_of_period": (
        "{days} of {full_days} days: {full} × {days} ÷ {full_days} = {amount}, rounded half up once.",
        "{days} van {full_days} dagen: {full} × {days} ÷ {full_days} = {amount}, eenmaal rekenkundig afgerond.",
        "{days} von {full_days} Tagen: {full} × {days} ÷ {full_days} = {amount}, einmal kaufmännisch gerundet.",
        "{days} jours sur {full_days} : {full} × {days} ÷ {full_days} = {amount}, arrondi une seule fois.",
        "{days} de {full_days} días: {full} × {days} ÷ {full_days} = {amount}, redondeado una sola vez.",
        "{days} giorni su {full_days}: {full} × {days} ÷ {full_days} = {amount}, arrotondato una sola volta.",
    ),
    "unused": (
        "The rest of the period that was paid for {plan} is given back; the whole period cost {amount}.",
        "De rest van de betaalde periode van {plan} wordt teruggegeven; de hele periode kostte {amount}.",
        "Der Rest des bezahlten Zeitraums von {plan} wird gutgeschrieben; der ganze Zeitraum kostete {amount}.",
        "Le reste de la période payée pour {plan} est remboursé ; la période entière coûtait {amount}.",
        "Se devuelve el resto del período pagado de {plan}; el período completo costaba {amount}.",
        "Il resto del periodo pagato per {plan} viene restituito; l’intero periodo costava {amount}.",
    ),
    "remaining": (
        "The rest of the period is charged at the price of {plan}; the whole period costs {amount}.",
        "De rest van de periode wordt berekend tegen de prijs van {plan}; de hele periode kost {amount}.",
        "Der Rest des Zeitraums wird zum Preis von {plan} berechnet; der ganze Zeitraum kostet {amount}.",
        "Le reste de la période est facturé au prix de {plan} ; la période entière coûte {amount}.",
        "El resto del período se cobra al precio de {plan}; el período completo cuesta {amount}.",
        "Il resto del periodo è addebitato al prezzo di {plan}; l’intero periodo costa {amount}.",
    ),
    "usage": (
        "Usage of {metric}: {quantity}.",
        "Verbruik van {metric}: {quantity}.",
        "Verbrauch von {metric}: {quantity}.",
        "Consommation de {metric} : {quantity}.",
        "Consumo de {metric}: {quantity}.",
        "Consumo di {metric}: {quantity}.",
    ),
    "usage_digest": (
        "The records it was added up from have the digest {digest}.",
        "De registraties waaruit dit is opgeteld, hebben de controlesom {digest}.",
        "Die Aufzeichnungen, aus denen es summiert wurde, haben die Prüfsumme {digest}.",
        "Les enregistrements additionnés portent l’empreinte {digest}.",
        "Los registros sumados tienen el resumen criptográfico {digest}.",
        "Le registrazioni sommate hanno l’impronta {digest}.",
    ),
    "only_tier": (
        "{quantity} at {price} each: {amount}.",
        "{quantity} tegen {price} per stuk: {amount}.",
        "{quantity} zu je {price}: {amount}.",
        "{quantity} à {price} l’unité : {amount}.",
        "{quantity} a {price} cada uno: {amount}.",
        "{quantity} a {price} ciascuno: {amount}.",
    ),
    "only_tier_per": (
        "{quantity} at {price} per {divisor}: {amount}.",
        "{quantity} tegen {price} per {divisor}: {amount}.",
        "{quantity} zu {price} je {divisor}: {amount}.",
        "{quantity} à {price} les {divisor} : {amount}.",
        "{quantity} a {price} por cada {divisor}: {amount}.",
        "{quantity} a {price} ogni {divisor}: {amount}.",
    ),
    "first_tier": (
        "The first {quantity} at {price} each: {amount}.",
        "De eerste {quantity} tegen {price} per stuk: {amount}.",
        "Die ersten {quantity} zu je {price}: {amount}.",
        "Les {quantity} premières unités à {price} l’unité : {amount}.",
        "Las primeras {quantity} unidades a {price} cada una: {amount}.",
        "Le prime {quantity} unità a {price} ciascuna: {amount}.",
    ),
    "first_tier_per": (
        "The first {quantity} at {price} per {divisor}: {amount}.",
        "De eerste {quantity} tegen {price} per {divisor}: {amount}.",
        "Die ersten {quantity} zu {price} je {divisor}: {amount}.",
        "Les {quantity} premières unités à {price} les {divisor} : {amount}.",
        "Las primeras {quantity} unidades a {price} por cada {divisor}: {amount}.",
        "Le prime {quantity} unità a {price} ogni {divisor}: {amount}.",
    ),
    "tier": (
        "The next {quantity} at {price} each: {amount}.",
        "De volgende {quantity} tegen {price} per stuk: {amount}.",
        "Die nächsten {quantity} zu je {price}: {amount}.",
        "Les {quantity} suivantes à {price} l’unité : {amount}.",
        "Las siguientes {quantity} a {price} cada una: {amount}.",
        "Le successive {quantity} a {price} ciascuna: {amount}.",
    ),
    "tier_per": (
        "The next {quantity} at {price} per {divisor}: {amount}.",
        "De volgende {quantity} tegen {price} per {divisor}: {amount}.",
        "Die nächsten {quantity} zu {price} je {divisor}: {amount}.",
        "Les {quantity} suivantes à {price} les {divisor} : {amount}.",
        "Las siguientes {quantity} a {price} por cada {divisor}: {amount}.",
        "Le successive {quantity} a {price} ogni {divisor}: {amount}.",
    ),
    "rounded": (
        "Together {exact}, rounded half up once to {amount}.",
        "Samen {exact}, eenmaal rekenkundig afgerond op {amount}.",
        "Zusammen {exact}, einmal kaufmännisch gerundet auf {amount}.",
        "Au total {exact}, arrondi une seule fois à {amount}.",
        "En total {exact}, redondeado una sola vez a {amount}.",
        "In totale {exact}, arrotondato una sola volta a {amount}.",
    ),
    "written": (
        "A person wrote it: {quantity} × {price} = {amount}.",
        "Door een persoon ingevoerd: {quantity} × {price} = {amount}.",
        "Von einer Person eingegeben: {quantity} × {price} = {amount}.",
        "Saisi par une personne : {quantity} × {price} = {amount}.",
        "Introducido por una persona: {quantity} × {price} = {amount}.",
        "Inserito da una persona: {quantity} × {price} = {amount}.",
    ),
    "written_per": (
        "A person wrote it: {quantity} × {price} ÷ {divisor} = {amount}, rounded half up once.",
        "Door een persoon ingevoerd: {quantity} × {price} ÷ {divisor} = {amount}, eenmaal rekenkundig afgerond.",
        "Von einer Person eingegeben: {quantity} × {price} ÷ {divisor} = {amount}, einmal kaufmännisch gerundet.",
        "Saisi par une personne : {quantity} × {price} ÷ {divisor} = {amount}, arrondi une seule fois.",
        "Introducido por una persona: {quantity} × {price} ÷ {divisor} = {amount}, redondeado una sola vez.",
        "Inserito da una persona: {quantity} × {price} ÷ {divisor} = {amount}, arrotondato una sola volta.",
    ),
    "stated": (
        "A person stated the amount of {amount}.",
        "Een persoon heeft het bedrag van {amount} opgegeven.",
        "Eine Person hat den Betrag von {amount} angegeben.",
        "Une personne a indiqué le montant de {amount}.",
        "Una persona indicó el importe de {amount}.",
        "Una persona ha indicato l’importo di {amount}.",
    ),
    "gives_back": (
        "It gives back {amount} net of ‘{text}’.",
        "Hiermee wordt {amount} netto teruggegeven van ‘{text}’.",
        "Damit werden {amount} netto von ‘{text}’ gutgeschrieben.",
        "Restitue {amount} hors TVA de « {text} ».",
        "Devuelve {amount} netos de «{text}».",
        "Restituisce {amount} netti di «{text}».",
    ),
    "other_kind": (
        "It was derived in a way ({kind}) that cannot be worked out again here.",
        "Het is afgeleid op een manier ({kind}) die hier niet kan worden nagerekend.",
        "Es wurde auf eine Weise ({kind}) hergeleitet, die hier nicht nachgerechnet werden kann.",
        "Il a été établi d’une manière ({kind}) qui ne peut être recalculée ici.",
        "Se obtuvo de una manera ({kind}) que no puede recalcularse aquí.",
        "È stato ottenuto in un modo ({kind}) che qui non può essere ricalcolato.",
    ),
    "unreadable": (
        "What is stored about how it came about cannot be read.",
        "Wat is opgeslagen over het ontstaan ervan, is onleesbaar.",
        "Was über die Herleitung gespeichert ist, ist nicht lesbar.",
        "Les données enregistrées sur son calcul sont illisibles.",
        "Los datos guardados sobre su cálculo no se pueden leer.",
        "I dati salvati sul suo calcolo non sono leggibili.",
    ),
    "vat_share": (
        "VAT {category} {rate}: {amount}, its share of the VAT that is computed once for all lines of that rate.",
        (
            "Btw {category} {rate}: {amount}, zijn aandeel in de btw die eenmaal over alle regels van dat tarief "
            "wordt berekend."
        ),
        (
            "USt. {category} {rate}: {amount}, der Anteil an der Steuer, die einmal für alle Positionen dieses "
            "Satzes berechnet wird."
        ),
        "TVA {category} {rate} : {amount}, sa part de la TVA calculée une fois pour toutes les lignes de ce taux.",
        "IVA {category} {rate}: {amount}, su parte del IVA que se calcula una vez para todas las líneas de ese tipo.",
        (
            "IVA {category} {rate}: {amount}, la sua quota dell’IVA calcolata una volta per tutte le righe di "
            "quell’aliquota."
        ),
    ),
    "vat_group": (
        (
            "The lines of category {category} at {rate} add up to {base}; {base} × {rate} = {amount}, rounded half "
            "up once."
        ),
        (
            "De regels van categorie {category} met {rate} tellen op tot {base}; {base} × {rate} = {amount}, "
            "eenmaal rekenkundig afgerond."
        ),
        (
            "Die Positionen der Kategorie {category} mit {rate} ergeben {base}; {base} × {rate} = {amount}, einmal "
            "kaufmännisch gerundet."
        ),
        (
            "Les lignes de catégorie {category} à {rate} totalisent {base} ; {base} × {rate} = {amount}, arrondi "
            "une seule fois."
        ),
        (
            "Las líneas de categoría {category} al {rate} suman {base}; {base} × {rate} = {amount}, redondeado una "
            "sola vez."
        ),
        (
            "Le righe di categoria {category} al {rate} sommano {base}; {base} × {rate} = {amount}, arrotondato una "
            "sola volta."
        ),
    ),
    "vat_given_back": (
        (
            "With the notes before it, {together} of {base} is given back; the VAT on that is {tax}, of which "
            "{before} was given back before: {amount}."
        ),
        (
            "Met de eerdere creditnota’s wordt {together} van {base} teruggegeven; de btw daarover is {tax}, "
            "waarvan {before} al was teruggegeven: {amount}."
        ),
        (
            "Mit den früheren Gutschriften sind {together} von {base} gutgeschrieben; die Steuer darauf ist {tax}, "
            "davon waren {before} schon gutgeschrieben: {amount}."
        ),
        (
            "Avec les avoirs précédents, {together} sur {base} sont restitués ; la TVA correspondante est {tax}, "
            "dont {before} déjà restitués : {amount}."
        ),
        (
            "Con los abonos anteriores se devuelven {together} de {base}; el IVA correspondiente es {tax}, del que "
            "{before} ya se habían devuelto: {amount}."
        ),
        (
            "Con le note precedenti si restituiscono {together} di {base}; l’IVA corrispondente è {tax}, di cui "
            "{before} già restituiti: {amount}."
        ),
    ),
    "vat_asked": (
        "A gross amount of {gross} was given back; {net} of it is net, the rest is VAT: {amount}.",
        "Er is een brutobedrag van {gross} teruggegeven; {net} daarvan is netto, de rest is btw: {amount}.",
        "Ein Bruttobetrag von {gross} wurde gutgeschrieben; {net} davon sind netto, der Rest ist Steuer: {amount}.",
        "Un montant TTC de {gross} est restitué ; {net} en sont hors TVA, le reste est la TVA : {amount}.",
        "Se devuelve un importe bruto de {gross}; {net} son netos, el resto es IVA: {amount}.",
        "Viene restituito un importo lordo di {gross}; {net} sono netti, il resto è IVA: {amount}.",
    ),
    "vat_decided": (
        "Tax point {tax_point}: {label}.",
        "Belastingmoment {tax_point}: {label}.",
        "Steuerzeitpunkt {tax_point}: {label}.",
        "Fait générateur le {tax_point} : {label}.",
        "Devengo el {tax_point}: {label}.",
        "Momento impositivo {tax_point}: {label}.",
    ),
    "vat_by_person": (
        "A person decided: {label}.",
        "Door een persoon bepaald: {label}.",
        "Von einer Person bestimmt: {label}.",
        "Décidé par une personne : {label}.",
        "Decidido por una persona: {label}.",
        "Deciso da una persona: {label}.",
    ),
    "vat_inherited": (
        "The VAT decision is that of invoice {number}, also where rates have changed since.",
        "De btw-beslissing is die van factuur {number}, ook als tarieven sindsdien zijn gewijzigd.",
        "Die Steuerentscheidung ist die der Rechnung {number}, auch wenn sich Sätze seither geändert haben.",
        "Le régime de TVA est celui de la facture {number}, même si les taux ont changé depuis.",
        "El régimen de IVA es el de la factura {number}, aunque los tipos hayan cambiado desde entonces.",
        "Il regime IVA è quello della fattura {number}, anche se le aliquote sono cambiate nel frattempo.",
    ),
    "allowance": (
        "Less {amount}: {text}.",
        "Min {amount}: {text}.",
        "Abzüglich {amount}: {text}.",
        "Moins {amount} : {text}.",
        "Menos {amount}: {text}.",
        "Meno {amount}: {text}.",
    ),
    "charge": (
        "Plus {amount}: {text}.",
        "Plus {amount}: {text}.",
        "Zuzüglich {amount}: {text}.",
        "Plus {amount} : {text}.",
        "Más {amount}: {text}.",
        "Più {amount}: {text}.",
    ),
    "net_sum": (
        "{count} lines add up to {amount} net.",
        "{count} regels tellen op tot {amount} netto.",
        "{count} Positionen ergeben {amount} netto.",
        "{count} lignes totalisent {amount} hors TVA.",
        "{count} líneas suman {amount} netos.",
        "{count} righe sommano {amount} netti.",
    ),
    "total": (
        "{net} net + {tax} VAT = {amount}.",
        "{net} netto + {tax} btw = {amount}.",
        "{net} netto + {tax} USt. = {amount}.",
        "{net} hors TVA + {tax} de TVA = {amount}.",
        "{net} netos + {tax} de IVA = {amount}.",
        "{net} netti + {tax} di IVA = {amount}.",
    ),
    "due": (
        "{total} − {paid} paid − {credited} credited = {amount} to be paid.",
        "{total} − {paid} betaald − {credited} gecrediteerd = {amount} te betalen.",
        "{total} − {paid} bezahlt − {credited} gutgeschrieben = {amount} offen.",
        "{total} − {paid} payés − {credited} crédités = {amount} à payer.",
        "{total} − {paid} pagados − {credited} abonados = {amount} por pagar.",
        "{total} − {paid} pagati − {credited} accreditati = {amount} da pagare.",
    ),
    "sealed": (
        "Everything it says has the digest that was sealed: {digest}.",
        "Alles wat erin staat, heeft de verzegelde controlesom: {digest}.",
        "Alles, was darin steht, hat die versiegelte Prüfsumme: {digest}.",
        "Tout ce qu’il contient porte l’empreinte scellée : {digest}.",
        "Todo su contenido tiene el resumen sellado: {digest}.",
        "Tutto il suo contenuto ha l’impronta sigillata: {digest}.",
    ),
    "not_sealed": (
        "IT DOES NOT SAY WHAT WAS SEALED: its content has the digest {digest}.",
        "HET DOCUMENT ZEGT NIET WAT IS VERZEGELD: de inhoud heeft de controlesom {digest}.",
        "ES SAGT NICHT, WAS VERSIEGELT WURDE: der Inhalt hat die Prüfsumme {digest}.",
        "IL NE DIT PAS CE QUI A ÉTÉ SCELLÉ : son contenu porte l’empreinte {digest}.",
        "NO DICE LO QUE SE SELLÓ: su contenido tiene el resumen {digest}.",
        "NON DICE CIÒ CHE È STATO SIGILLATO: il contenuto ha l’impronta {digest}.",
    ),
    "mismatch": (
        "DOES NOT MATCH: {stored} is stored, but what it was made from gives {computed}.",
        "KLOPT NIET: {stored} is opgeslagen, maar de gegevens ervan geven {computed}.",
        "STIMMT NICHT: gespeichert ist {stored}, die Ausgangswerte ergeben {computed}.",
        "NE CONCORDE PAS : {stored} est enregistré, mais les données donnent {computed}.",
        "NO COINCIDE: está guardado {stored}, pero los datos dan {computed}.",
        "NON CORRISPONDE: è salvato {stored}, ma i dati danno {computed}.",
    ),
    "decision_mismatch": (
        "THE VAT DECISION DOES NOT MATCH: the stored {field} is not what the stored facts give.",
        "DE BTW-BESLISSING KLOPT NIET: {field} volgt niet uit de opgeslagen feiten.",
        "DIE STEUERENTSCHEIDUNG STIMMT NICHT: {field} folgt nicht aus den gespeicherten Tatsachen.",
        "LE RÉGIME DE TVA NE CONCORDE PAS : {field} ne découle pas des faits enregistrés.",
        "EL RÉGIMEN DE IVA NO COINCIDE: {field} no se deduce de los hechos guardados.",
        "IL REGIME IVA NON CORRISPONDE: {field} non deriva dai fatti salvati.",
    ),
}
