import { createSignal, For } from "solid-js";
import { t } from "../i18n";
import { Icon, type IconName } from "./Icon";

type Kind = "success" | "info" | "error";
interface Toast {
  id: number;
  kind: Kind;
  text: string;
}

const SHOWN_FOR = 6_000;
const STYLE: Record<Kind, { class: string; icon: IconName }> = {
  success: { class: "text-success", icon: "check" },
  info: { class: "text-info", icon: "info" },
  error: { class: "text-error", icon: "alert" },
};

const [toasts, setToasts] = createSignal<readonly Toast[]>([]);
let last = 0;

const dismiss = (id: number) => setToasts((shown) => shown.filter((one) => one.id !== id));

/** Says what has happened. An error stays until it is dismissed: nobody reads an error within a time limit. */
export function toast(kind: Kind, text: string): void {
  last += 1;
  const id = last;
  setToasts((shown) => [...shown, { id, kind, text }]);
  if (kind !== "error") setTimeout(() => dismiss(id), SHOWN_FOR);
}

export function Toasts() {
  return (
    <div class="toast toast-end z-50 max-w-full" role="status" aria-live="polite">
      <For each={toasts()}>
        {(one) => (
          <div class="bg-base-100 border-base-300 rounded-box flex max-w-sm items-center gap-3 border p-3 pl-4 text-sm whitespace-normal shadow-lg">
            <Icon name={STYLE[one.kind].icon} class={STYLE[one.kind].class} />
            <span class="flex-1">{one.text}</span>
            <button
              type="button"
              class="btn btn-ghost btn-xs btn-square"
              aria-label={t("state.dismiss")}
              onClick={() => dismiss(one.id)}
            >
              <Icon name="close" class="size-4" />
            </button>
          </div>
        )}
      </For>
    </div>
  );
}
