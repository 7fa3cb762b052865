import "./styles.css";
import { QueryClientProvider } from "@tanstack/solid-query";
import { ErrorBoundary } from "solid-js";
import { render } from "solid-js/web";
import { makeQueryClient, q } from "./api/queries";
import { session } from "./api/session";
import { setLanguage, startLanguage } from "./i18n";
import { applyTheme } from "./lib/theme";
import { Routes } from "./routes";
import { Crash } from "./ui/Crash";

applyTheme();

const queryClient = makeQueryClient();
if (session() === "open") void queryClient.prefetchQuery(q.me());

// Without its words the portal still works, in English.
await setLanguage(startLanguage()).catch(() => undefined);

const root = document.getElementById("root");
if (root)
  render(
    () => (
      <ErrorBoundary fallback={(error) => <Crash error={error} />}>
        <QueryClientProvider client={queryClient}>
          <Routes />
        </QueryClientProvider>
      </ErrorBoundary>
    ),
    root,
  );
