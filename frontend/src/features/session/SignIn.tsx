import { useLocation } from "@solidjs/router";
import { createEffect, Show } from "solid-js";
import { loginAddress, session, viewing } from "../../api/session";
import { t } from "../../i18n";
import { titled } from "../../lib/brand";
import { Brand, LegalLinks } from "../../ui/Brand";
import { Icon } from "../../ui/Icon";
import { Preferences } from "../../ui/Preferences";

/** What somebody without a session sees, whatever the address: the way in, and back to that address. */
export function SignIn() {
  const location = useLocation();
  createEffect(() => {
    titled(t("signIn.button"));
  });
  return (
    <div class="sign-in grid min-h-dvh place-items-center p-4">
      <main class="panel w-full max-w-md p-8 shadow-lg sm:p-10">
        <Brand />
        <h1 class="mt-8 text-2xl font-semibold tracking-tight">{t("signIn.title")}</h1>
        <p class="text-muted mt-2">{t("signIn.text")}</p>
        <Show when={session() === "ended"}>
          <p role="status" class="notice notice-info rounded-box mt-5">
            <Icon name="info" />
            {t(viewing() ? "view.over" : "signIn.ended")}
          </p>
        </Show>
        <a
          class="btn btn-primary mt-6 w-full"
          href={viewing() ? "/admin/" : loginAddress(location.pathname + location.search)}
          rel="external"
        >
          {t(viewing() ? "view.console" : "signIn.button")}
        </a>
        <p class="text-muted mt-4 text-sm">{t("signIn.secure")}</p>
        <div class="border-base-300 mt-8 border-t pt-5">
          <Preferences />
        </div>
        <div class="mt-5">
          <LegalLinks />
        </div>
      </main>
    </div>
  );
}
