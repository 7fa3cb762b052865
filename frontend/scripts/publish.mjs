// Puts what was built where a running server reads it, so that every moment shows a whole portal: what pages name comes
// first, the pages last, and what nobody names goes only when no page that is still open can ask for it.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";

const KEPT_MS = 24 * 60 * 60 * 1000;
const made = process.env.PORTAL_BUILD_DIR ?? join(import.meta.dirname, "../dist");
const place = process.env.PORTAL_OUT_DIR ?? join(import.meta.dirname, "../../scaicontrol/static/portal");
const began = Date.now();

const files = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    : [];
const isPage = (name) => name.startsWith("index.html");
const isAsset = (name) => name.startsWith("assets/");

function put(name) {
  const target = join(place, name);
  const body = readFileSync(join(made, name));
  if (existsSync(target) && readFileSync(target).equals(body)) {
    utimesSync(target, new Date(), new Date());
    return;
  }
  mkdirSync(dirname(target), { recursive: true });
  const beside = join(dirname(target), `.new-${process.pid}`);
  writeFileSync(beside, body);
  renameSync(beside, target);
}

const wanted = files(made);
if (!wanted.includes("index.html")) throw new Error(`There is no portal in ${made}: run vite build first.`);
for (const name of wanted.filter((file) => !isPage(file))) put(name);
for (const name of wanted.filter(isPage)) put(name);
for (const name of files(place).filter((file) => !wanted.includes(file)))
  if (!isAsset(name) || began - statSync(join(place, name)).mtimeMs > KEPT_MS) rmSync(join(place, name));
