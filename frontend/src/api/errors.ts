import { t } from "../i18n";
import { refusalWords } from "../i18n/refusals";

/** The error envelope. A schema error lists its fields in `detail`, a business rule in `reasons`. */
interface Envelope {
  error?: {
    code?: string;
    message?: string;
    request_id?: string;
    reasons?: Reason[] | null;
  };
  detail?: { loc: (string | number)[]; msg: string }[];
}

interface Reason {
  code?: string;
  field?: string | null;
  message: string;
  values?: Readonly<Record<string, string>> | null | undefined;
}

/** Every answer that is not a success, and trouble on the way to one (status 0, code "network"). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  /** Seconds the server asked to wait. */
  readonly retryAfter: number | undefined;
  /** What was refused, in the reader's language, where the server named a code that we have words for. */
  readonly refusal: string | undefined;
  /** Messages by field name, from the schema check and from the business rules alike, in the reader's language. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, envelope: Envelope = {}, headers: Headers = new Headers()) {
    super(envelope.error?.message ?? "");
    this.name = "ApiError";
    this.status = status;
    this.code = envelope.error?.code ?? (status === 0 ? "network" : "unknown");
    this.requestId = envelope.error?.request_id ?? headers.get("X-Request-Id") ?? undefined;
    const seconds = Number.parseInt(headers.get("Retry-After") ?? "", 10);
    this.retryAfter = Number.isNaN(seconds) ? undefined : seconds;
    this.refusal = envelope.error?.reasons?.map(inWords).find((words) => words !== undefined);
    this.fields = fieldMessages(envelope);
  }

  /** Asking again may help: the way was broken, the server was busy, or it failed. */
  get retryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  get unauthenticated(): boolean {
    return this.status === 401;
  }

  /** A document that exists but is not rendered yet. */
  get notReady(): boolean {
    return this.status === 409 && this.retryAfter !== undefined;
  }
}

const inWords = ({ code, values }: Pick<Reason, "code" | "values">) =>
  code === undefined ? undefined : refusalWords({ code, values });

function fieldMessages(envelope: Envelope): Record<string, string> {
  const messages: Record<string, string> = {};
  for (const reason of envelope.error?.reasons ?? [])
    if (reason.field) messages[reason.field] ??= inWords(reason) ?? t("state.checkField");
  for (const { loc } of envelope.detail ?? []) {
    const field = loc.findLast((part) => typeof part === "string" && part !== "body");
    if (field !== undefined) messages[String(field)] ??= t("state.checkField");
  }
  return messages;
}
