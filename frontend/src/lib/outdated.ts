const MARK = "scaicontrol.reloaded-at";
const ASK_AGAIN = 3_000;

/**
 * After a deployment an open tab may ask for a part of the old build that is gone. Loading the page again brings the
 * new build; once a minute at most, so that a part that is truly missing does not reload for ever. Without a connection
 * nothing is loaded again: that would put the browser's own error page in the place of this one. Resolves to whether
 * the page is about to go.
 */
export async function reloadIfOutdated(reload: () => void = () => location.reload()): Promise<boolean> {
  const before = Number(sessionStorage.getItem(MARK) ?? 0);
  if (Date.now() - before < 60_000 || !(await serverAnswers())) return false;
  sessionStorage.setItem(MARK, String(Date.now()));
  reload();
  return true;
}

/**
 * Loads a part of the portal, and waits for the connection where there is none: the page on screen stays, with what
 * was typed into it. `whenOffline` says so, once. Rejects when the server is there and the part is not.
 */
export async function arrives<Part>(
  load: () => Promise<Part>,
  whenOffline: () => void,
  reload?: () => void,
): Promise<Part> {
  for (let told = false; ;) {
    try {
      return await load();
    } catch (error) {
      if (await reloadIfOutdated(reload)) return new Promise(() => undefined);
      if (await serverAnswers()) throw error;
    }
    if (!told) whenOffline();
    told = true;
    await connection();
  }
}

/** A browser that says it is online may only have a local network; so the server itself is asked. */
async function serverAnswers(): Promise<boolean> {
  try {
    return (await fetch("/", { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

function connection(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ASK_AGAIN);
    addEventListener("online", done);
  });
}
