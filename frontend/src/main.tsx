import "./styles.css";
import { QueryClientProvider } from "@tanstack/solid-query";
import { ErrorBoundary } from "solid-js";
import { render } from "solid-js/web";
import { makeQueryClient, q } from "./api/queries";
import { session } from "./api/session";
import { setLanguage, startLanguage } from "./i18n";
import { applyTheme } from "./lib/theme";
import { Routes } from "./routes";
import { askFirst } from "./routes/firstData";
import { Crash } from "./ui/Crash";

applyTheme();

const queryClient = makeQueryClient();
const me = session() === "open" ? queryClient.fetchQuery(q.me()).catch(() => undefined) : undefined;

// Without its words the portal still works, in English.
const who = session() === "open" ? "member" : "stranger";
await setLanguage(startLanguage(), who).catch(() => setLanguage("en", who));
// The answer was asked for beside this script, and tells what else this person's page asks for.
const known = await Promise.race([me, new Promise<undefined>((resolve) => setTimeout(resolve, 500))]);
if (known) {
  askFirst(queryClient, known, location);
  await new Promise((resolve) => setTimeout(resolve)); // Else they would leave behind the drawing.
}

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
