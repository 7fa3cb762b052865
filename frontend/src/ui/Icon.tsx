const PATHS = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 4v3h6V4z",
  subscriptions: "M4 8h16M4 8l2-4h12l2 4M4 8v11h16V8M9 12h6",
  usage: "M4 20h16M6 20v-6h3v6M11 20V8h3v12M16 20V4h3v16",
  catalog: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM16.5 13.5v6M13.5 16.5h6",
  invoices: "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7",
  billingProfile: "M4 20V6l8-3 8 3v14M4 20h16M9 9h2M13 9h2M9 13h2M13 13h2M10 20v-3h4v3",
  portalViews: "M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7M15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0",
  paymentMethods: "M3 6h18v12H3zM3 10h18M7 15h4",
  wallet: "M4 7h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zM4 7l11-4v4M16 13.5v.5",
  services: "M4 5h7v7H4zM4 16h7v3H4zM15 9h5v10h-5zM15 5h5",
  notifications: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
  organization:
    "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M3 20c0-4 2.5-6 6-6s6 2 6 6M16 5.2a3 3 0 0 1 0 5.6M17.5 14.3c2.2.7 3.5 2.6 3.5 5.7",
  preferences:
    "M4 7h9M17 7h3M4 17h3M11 17h9M17 7a2 2 0 1 1-4 0 2 2 0 0 1 4 0M11 17a2 2 0 1 1-4 0 2 2 0 0 1 4 0",
  find: "M16 16l5 5M18 10.5a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0",
  outside: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  menu: "M4 7h16M4 12h16M4 17h16",
  check: "M5 12.5l4.5 4.5L19 7.5",
  alert: "M12 4l9 16H3zM12 10v4M12 17v.5",
  info: "M12 11v6M12 7v.5M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0",
  pause: "M9 6v12M15 6v12",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  close: "M6 6l12 12M18 6L6 18",
  exit: "M14 4h6v16h-6M11 8l-4 4 4 4M7 12h9",
  keyboard: "M3 7h18v10H3zM7 11h.5M11 11h.5M15 11h.5M8 14h8",
  empty: "M4 13l3-8h10l3 8v6H4zM4 13h5l1.5 2.5h3L15 13h5",
} as const;
export type IconName = keyof typeof PATHS;

/** Decoration only: whatever it says stands in words beside it. */
export function Icon(props: { name: IconName; class?: string }) {
  return (
    <svg
      class={`size-5 shrink-0 ${props.class ?? ""}`}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[props.name]} />
    </svg>
  );
}
