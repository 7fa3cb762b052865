import { createMemoryHistory, MemoryRouter, Route } from "@solidjs/router";
import { render } from "@solidjs/testing-library";
import { QueryClient, QueryClientProvider } from "@tanstack/solid-query";
import type { Component } from "solid-js";
import { Toasts } from "../src/ui/toasts";

/** Shows one page at one address, without retries, so that an error is an error at once. */
export function show(component: Component, pattern: string, address: string = pattern) {
  const history = createMemoryHistory();
  history.set({ value: address });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: "always" } } });
  const shown = render(() => (
    <QueryClientProvider client={client}>
      <MemoryRouter history={history}>
        <Route path={pattern} component={component} />
      </MemoryRouter>
      <Toasts />
    </QueryClientProvider>
  ));
  return { ...shown, history };
}
