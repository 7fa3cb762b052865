const MARK = "scaicontrol.reloaded-at";

/**
 * After a deployment an open tab may ask for a part of the old build that is gone. Loading the page again brings the
 * new build; once a minute at most, so that a part that is truly missing does not reload for ever.
 */
export function reloadWhenOutdated(): void {
  window.addEventListener("vite:preloadError", (event) => {
    const before = Number(sessionStorage.getItem(MARK) ?? 0);
    if (Date.now() - before < 60_000) return;
    sessionStorage.setItem(MARK, String(Date.now()));
    event.preventDefault();
    location.reload();
  });
}
