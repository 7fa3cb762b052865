// The theme draws ```mermaid blocks with a global `mermaid`; this one fetches the library from here, on first use only.
(() => {
  const source = new URL("mermaid.min.js", document.currentScript.src).href;
  let options = {};
  let library;
  const load = () =>
    (library ??= new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { src: source });
      script.onerror = () => reject(new Error("Diagrams are shown as text: the site was built without npm."));
      script.onload = () => {
        const loaded = window.mermaid;
        window.mermaid = ours;
        loaded.initialize(options);
        resolve(loaded);
      };
      document.head.append(script);
    }));
  const ours = {
    initialize: (given) => { options = given; },
    render: (...given) => load().then((loaded) => loaded.render(...given)),
  };
  window.mermaid = ours;
})();
