import { QueryClient } from "@tanstack/solid-query";
import { ApiError } from "./errors";

/** What every question has in common: how long an answer is good, and when it is asked again. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        gcTime: 10 * 60_000,
        networkMode: "always", // Offline, a region shows its error and not an endless skeleton.
        retry: (failures, error) => error instanceof ApiError && error.retryable && failures < 2,
        retryDelay: (failures, error) => {
          const asked = error instanceof ApiError ? error.retryAfter : undefined;
          return Math.min(asked === undefined ? 500 * 2 ** failures : asked * 1000, 8_000);
        },
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}
