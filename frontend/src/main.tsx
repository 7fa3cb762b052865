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
const me = session() === "open" ? queryClient.prefetchQuery(q.me()) : undefined;

// Without its words the portal still works, in English.
const who = session() === "open" ? "member" : "stranger";
await setLanguage(startLanguage(), who).catch(() => setLanguage("en", who));
// The answer was asked for beside this script: drawn with it, the page asks for its own data at once.
await Promise.race([me, new Promise((resolve) => setTimeout(resolve, 500))]);

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
