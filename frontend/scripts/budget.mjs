// Fails when the bundle outgrows its budget. "Initial" is what a first visit really loads, read from Vite's manifest.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const DESIGNER = "src/designer/main.ts"; // the console's, never loaded by the portal
const BUDGET = {
  "initial JS": 60_000,
  "initial CSS": 16_000,
  "largest lazy JS": 30_000,
  "all JS": 190_000,
  "designer JS": 340_000,
  "designer CSS": 20_000,
};
const out = process.env.PORTAL_OUT_DIR ?? join(import.meta.dirname, "../../scaicontrol/static/portal");

const manifest = JSON.parse(readFileSync(join(out, ".vite/manifest.json"), "utf8"));
const gz = (file) => gzipSync(readFileSync(join(out, file)), { level: 9 }).length;
const sum = (files) => [...new Set(files)].reduce((total, file) => total + gz(file), 0);

const initial = new Set();
const walk = (key) => {
  if (initial.has(key)) return;
  initial.add(key);
  for (const next of manifest[key].imports ?? []) walk(next);
};
walk("index.html");
// Whoever comes needs what is said at the entrance in one language, too: the longest counts.
const languages = Object.keys(manifest).filter((key) => /^src\/i18n\/\w+\/entrance\.ts$/.test(key));
const words = Math.max(...languages.map((key) => gz(manifest[key].file)));

const designer = manifest[DESIGNER];
const chunks = Object.values(manifest).filter((entry) => entry !== designer && entry.file.endsWith(".js"));
const loaded = [...initial].map((key) => manifest[key]);
const measured = {
  "initial JS": sum(loaded.map((entry) => entry.file)) + words,
  "initial CSS": sum(loaded.flatMap((entry) => entry.css ?? [])),
  "largest lazy JS": Math.max(
    0,
    ...chunks.filter((entry) => entry.isDynamicEntry).map((entry) => gz(entry.file)),
  ),
  "all JS": sum(chunks.map((entry) => entry.file)),
  "designer JS": sum([designer.file]),
  "designer CSS": sum(designer.css ?? []),
};

for (const [name, limit] of Object.entries(BUDGET)) {
  const over = measured[name] > limit;
  if (over) process.exitCode = 1;
  console.log(`${over ? "OVER" : "ok  "} ${name.padEnd(16)} ${measured[name]} of ${limit} bytes, gzip`);
}
