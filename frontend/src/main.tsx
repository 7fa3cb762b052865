import "./styles.css";
import { QueryClientProvider } from "@tanstack/solid-query";
import { ErrorBoundary } from "solid-js";
import { render } from "solid-js/web";
import { broughtAnswers, forgetFirstAnswers } from "./api/firstAnswers";
import { q } from "./api/queries";
import { makeQueryClient } from "./api/queryClient";
import { session } from "./api/session";
import { setLanguage, startLanguage } from "./i18n";
import { applyTheme } from "./lib/theme";
import { loadPage, Routes } from "./routes";
import { askFirst } from "./routes/firstData";
import { Crash } from "./ui/Crash";

applyTheme();

const after = (time: number) => new Promise<undefined>((resolve) => setTimeout(resolve, time)); // ms

const queryClient = makeQueryClient();
const me = session() === "open" ? queryClient.fetchQuery(q.me()).catch(() => undefined) : undefined;

// Without its words the portal still works, in English.
const who = session() === "open" ? "member" : "stranger";
await setLanguage(startLanguage(), who).catch(() => setLanguage("en", who));
// Who it is tells what the page asks for. Most of it came with the page, which is then drawn once, and whole.
const known = await Promise.race([me, after(500)]);
if (known) await Promise.race([askFirst(queryClient, known, location), after(broughtAnswers() ? 500 : 0)]);
forgetFirstAnswers();
if (known) await loadPage(location.pathname);

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
