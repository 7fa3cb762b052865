import { For, type JSX } from "solid-js";

export interface Column<Row> {
  id: string;
  header: () => string;
  /** Null where the row has nothing to say: a dash in the table, no line in the card. */
  cell: (row: Row) => JSX.Element;
  /** Amounts stand at the right, in figures of one width. */
  align?: "end";
  /** The cell that names the row; on a narrow screen it heads the row's card. */
  heads?: boolean;
}

/** A table that becomes a list of cards below 640 px. The server sorts, filters and pages. */
export function DataTable<Row>(props: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
}) {
  return (
    <table class="data-table">
      <caption class="sr-only">{props.caption}</caption>
      <thead>
        <tr>
          <For each={props.columns}>
            {(column) => (
              <th scope="col" class={column.align === "end" ? "text-right" : "text-left"}>
                {column.header()}
              </th>
            )}
          </For>
        </tr>
      </thead>
      <tbody>
        <For each={props.rows}>
          {(row) => (
            <tr>
              <For each={props.columns}>
                {(column) => (
                  <td
                    class={column.align === "end" ? "text-right" : "text-left"}
                    data-heads={column.heads ? "" : undefined}
                    data-label={column.header()}
                  >
                    <div>{column.cell(row)}</div>
                  </td>
                )}
              </For>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}
