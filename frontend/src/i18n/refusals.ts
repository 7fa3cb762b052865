import type { Schemas } from "../api/client";
import { known, t } from "./index";
import { fmt } from "./format";

type Code = Schemas["RefusalCode"];

/** Why the server refused, as a code and what its sentence names. */
export interface Refusal {
  code: string;
  values?: Readonly<Record<string, string>> | null | undefined;
}

/** The sentence of a refusal in the reader's language; none for a code that is younger than this page. */
export function refusalWords({ code, values }: Refusal): string | undefined {
  if (!isCode(code)) return undefined;
  return t(`refusal.${code}`, written(values ?? {}));
}

const isCode = (code: string): code is Code => known(`refusal.${code}`);

const FORMATS: Readonly<Record<string, string>> = {
  ubl: "UBL",
  xrechnung: "XRechnung",
  cii: "CII",
  zugferd: "ZUGFeRD",
  facturx: "Factur-X",
};

/** Days come as ISO dates, states and formats by the server's names. */
function written(values: Readonly<Record<string, string>>) {
  const status = values["status"] ?? "";
  const key = `status.${status}`;
  return {
    ...values,
    day: values["day"] ? fmt.day(values["day"]) : "",
    format: FORMATS[values["format"] ?? ""] ?? "",
    status: known(key) ? String(t(key)) : status.replaceAll("_", " "),
  };
}
