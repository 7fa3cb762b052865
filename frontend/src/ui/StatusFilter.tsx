import { createUniqueId, For } from "solid-js";
import { t } from "../i18n";

/** The filter of a list, kept in the address by the page; the key `/` brings the focus here. */
export function StatusFilter<S extends Parameters<typeof label>[0]>(props: {
  statuses: readonly S[];
  value: S | undefined;
  onChange: (status: S | undefined) => void;
}) {
  const id = createUniqueId();
  return (
    <div class="flex items-center gap-2">
      <label for={id} class="text-muted text-sm">
        {t("common.status")}
      </label>
      <select
        id={id}
        class="select select-sm w-auto min-w-36"
        data-filter
        value={props.value ?? ""}
        onChange={(event) =>
          props.onChange(props.statuses.find((status) => status === event.currentTarget.value))
        }
      >
        <option value="">{t("common.all")}</option>
        <For each={props.statuses}>
          {(status) => (
            <option value={status} selected={status === props.value}>
              {label(status)}
            </option>
          )}
        </For>
      </select>
    </div>
  );
}

function label(
  status:
    | "pending"
    | "trialing"
    | "active"
    | "past_due"
    | "cancelling"
    | "suspended"
    | "cancelled"
    | "expired"
    | "finalized"
    | "sent"
    | "paid"
    | "void",
) {
  return t(`status.${status}`);
}
