import { queryOptions } from "@tanstack/solid-query";
import { api, must, mustData } from "../../api/client";

/** What is in the wallet, one row a currency. */
export const walletBalances = () =>
  queryOptions({
    queryKey: ["wallet"],
    queryFn: ({ signal }) => mustData(api.GET("/api/v1/billing/wallet", { signal })),
  });

/** Lots of the wallet with something left, the newest first. */
export const walletLots = () =>
  queryOptions({
    queryKey: ["wallet-lots"],
    queryFn: ({ signal }) =>
      must(api.GET("/api/v1/billing/wallet/lots", { params: { query: { is_open: true } }, signal })),
  });
