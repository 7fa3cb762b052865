export function Brand(props: { name: string }) {
  return (
    <span class="flex min-w-0 items-center gap-2.5 font-semibold tracking-tight">
      <svg class="size-7 shrink-0" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" class="fill-brand" />
        <path
          d="M21.5 11.2c-1-1.5-2.9-2.4-5.3-2.4-3.2 0-5.5 1.5-5.5 3.8 0 5.1 11 2.2 11 7.2 0 2.2-2.4 3.6-5.6 3.6-2.6 0-4.7-1-5.8-2.7"
          fill="none"
          stroke="#fff"
          stroke-width="2.6"
          stroke-linecap="round"
        />
      </svg>
      <span class="truncate">{props.name}</span>
    </span>
  );
}
