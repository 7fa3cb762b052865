// The manners of the console. Every page works without it: keys, the theme, names that complete, rows that are chosen.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    // What this browser was told last, else what the person prefers, else the machine.
    const chosen = localStorage.getItem("sc-theme") || document.documentElement.dataset.chosenTheme;
    document.documentElement.dataset.theme = chosen || (dark.matches ? "dark" : "light");
  };
  apply();
  dark.addEventListener("change", apply);

  const one = (selector) => document.querySelector(selector);
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const current = () => one("[data-row][aria-current]");
  const say = (words) => {
    const toast = one("[data-toast]");
    if (toast) toast.textContent = words;
    setTimeout(() => toast && (toast.textContent = ""), 4000);
  };
  // The page brings the words, in the reader's language.
  const worded = (name, values) =>
    Object.entries(values).reduce((said, [key, value]) => said.replace(`{${key}}`, value), one("[data-toast]").dataset[name]);
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    all.forEach((row) => row.removeAttribute("aria-current"));
    next.setAttribute("aria-current", "true");
    next.querySelector("a")?.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const identifier = () =>
    current()?.querySelector("[data-id]")?.dataset.id ||
    decodeURIComponent(location.pathname.match(/\/details\/([^/]+)/)?.[1] || "");
  const copy = async () => {
    const id = identifier();
    if (!id) return;
    await navigator.clipboard.writeText(id);
    say(worded("copied", { id }));
  };
  const keys = () => one("#keys")?.showModal();

  let going = false; // `g` was pressed
  const act = {
    "/": () => one("[data-search]")?.focus(),
    "?": keys,
    j: () => move(1),
    k: () => move(-1),
    y: copy,
    x: () => current()?.querySelector("input[type=checkbox]")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "k") {
      event.preventDefault();
      one("[data-search]")?.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog[open]")) return;
    const goes = going && one(`[data-go="${CSS.escape(event.key)}"]`);
    going = !going && event.key === "g";
    if (going) return;
    if (goes) {
      location.href = goes.href;
    } else if (event.key === "Enter" && event.target === document.body) {
      current()?.querySelector("a")?.click();
    } else if (act[event.key]) {
      event.preventDefault();
      act[event.key]();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys]")) keys();
    if (!event.target.closest("[data-theme-switch]")) return;
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("sc-theme", next);
    apply();
  });

  const chosen = () => {
    const boxes = [...document.querySelectorAll("[data-choose]")];
    const count = boxes.filter((box) => box.checked).length;
    document.querySelectorAll("[data-chosen]").forEach((told) => (told.textContent = count ? worded("chosenCount", { count }) : ""));
    document.querySelectorAll("[data-bulk]").forEach((button) => (button.disabled = !count));
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose-all]"))
      document.querySelectorAll("[data-choose]").forEach((box) => (box.checked = event.target.checked));
    if (event.target.matches("[data-choose], [data-choose-all]")) chosen();
  });
  document.addEventListener("DOMContentLoaded", chosen);

  document.addEventListener("DOMContentLoaded", () => {
    if (document.querySelector("[data-look-again]")) setTimeout(() => location.reload(), 5000);
    // A verb on many rows presses a few with each request; without script the button asks for the next.
    const goesOn = one("form[data-goes-on]");
    if (goesOn) setTimeout(() => goesOn.requestSubmit(), Number(goesOn.dataset.goesOn));
  });

  // Views of a list that somebody named: addresses, kept in this browser.
  const views = () => {
    const list = one("[data-views]");
    if (!list) return;
    const key = `sc-views-${list.dataset.views}`;
    const kept = () => JSON.parse(localStorage.getItem(key) || "{}");
    const keep = (all) => localStorage.setItem(key, JSON.stringify(all));
    const draw = () => {
      list.querySelectorAll("[data-view]").forEach((each) => each.remove());
      for (const [name, asked] of Object.entries(kept())) {
        const entry = list.appendChild(document.createElement("li"));
        const link = entry.appendChild(document.createElement("a"));
        const gone = entry.appendChild(document.createElement("button"));
        Object.assign(link, { href: asked, textContent: name });
        if (asked === location.search) link.setAttribute("aria-current", "true");
        Object.assign(gone, { type: "button", textContent: "×", ariaLabel: `${list.dataset.forget}: ${name}` });
        gone.onclick = () => {
          const { [name]: _, ...others } = kept();
          keep(others);
          draw();
        };
        entry.dataset.view = "";
      }
    };
    const saving = one("[data-save]");
    saving.hidden = false;
    saving.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = new FormData(event.target).get("view").trim();
      const asked = new URLSearchParams(location.search);
      ["after", "before"].forEach((place) => asked.delete(place));
      asked.set("view", name);
      keep({ ...kept(), [name]: `?${asked}` });
      location.search = `?${asked}`;
    });
    draw();
  };
  document.addEventListener("DOMContentLoaded", views);

  let waiting; // a name is being typed
  document.addEventListener("input", (event) => {
    const { names, takes } = event.target.dataset;
    if (!names || !event.target.value) return;
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const answer = await fetch(`${names}?q=${encodeURIComponent(event.target.value)}`);
      if (!answer.ok) return;
      // What is chosen is written into the field: a name that leads to its id, or a value just as rows hold it.
      const told = ({ id, name }) => (takes === "id" ? new Option(name, id) : new Option(id, name));
      const options = (await answer.json()).map(told);
      event.target.list.replaceChildren(...options);
    }, 150);
  });
})();
