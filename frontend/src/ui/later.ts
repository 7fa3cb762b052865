import { type Component, lazy } from "solid-js";
import { t } from "../i18n";
import { arrives } from "../lib/outdated";
import { toast } from "./toasts";

/** A part of the portal that is loaded when it is first shown; without a connection it waits for one. */
export const later = <Props extends object>(load: () => Promise<{ default: Component<Props> }>) =>
  lazy(() => arrives(load, () => toast("error", t("state.network"))));
