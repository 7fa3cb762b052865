import { For } from "solid-js";
import { t } from "../i18n";
import { Dialog } from "./Dialog";
import type { Place } from "./places";

/** What the keys do, and the switch for those that are pressed alone. */
export default function Keys(props: {
  places: readonly Place[];
  enabled: boolean;
  onEnable: (on: boolean) => void;
  onClose: () => void;
}) {
  return (
    <Dialog title={t("keys.title")} onClose={() => props.onClose()}>
      <dl class="divide-base-300 grid divide-y text-sm">
        <Key names={["Ctrl", "K"]} does={t("keys.palette")} />
        <Key names={["/"]} does={t("keys.search")} />
        <Key names={["?"]} does={t("keys.help")} />
        <Key names={["Esc"]} does={t("keys.close")} />
        <For each={props.places}>
          {(place) => (
            <Key names={["g", place.key]} does={t("keys.goTo", { place: t(`nav.${place.name}`) })} />
          )}
        </For>
      </dl>
      <label class="mt-4 flex items-center gap-3 text-sm">
        <input
          type="checkbox"
          class="toggle toggle-sm toggle-primary"
          checked={props.enabled}
          onChange={(event) => props.onEnable(event.currentTarget.checked)}
        />
        {t("keys.enabled")}
      </label>
      <div class="modal-action">
        <button type="button" class="btn btn-plain" onClick={() => props.onClose()}>
          {t("common.close")}
        </button>
      </div>
    </Dialog>
  );
}

function Key(props: { names: readonly string[]; does: string }) {
  return (
    <div class="flex items-center justify-between gap-4 py-1.5">
      <dt class="order-2 flex gap-1">
        <For each={props.names}>{(name) => <kbd class="kbd kbd-sm">{name}</kbd>}</For>
      </dt>
      <dd>{props.does}</dd>
    </div>
  );
}
