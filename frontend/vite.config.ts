import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import type { Plugin } from "vite";
import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";

// What each page stands on, and what of it waits until somebody does something.
const ALL_NEED = /\/src\/(api|ui|lib|i18n\/\w+\.ts|features\/(session|notifications\/Bell))/;
const SOME_NEED = /\/src\/(lib\/csv|ui\/(Palette|Keys))\.|\/SessionEnded\./;
const BACKEND = process.env["SCAICONTROL_URL"] ?? "http://localhost:8000";

/** Puts .br and .gz beside every text asset, so that the backend only has to pick a file. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const [name, item] of Object.entries(bundle)) {
          if (!/\.(js|css|html|svg|json)$/.test(name) || name.startsWith(".vite/")) continue;
          const bytes = Buffer.from(item.type === "chunk" ? item.code : item.source);
          if (bytes.length < 600) continue;
          const brotli = brotliCompressSync(bytes, {
            params: {
              [constants.BROTLI_PARAM_QUALITY]: 11,
              [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
            },
          });
          this.emitFile({ type: "asset", fileName: `${name}.br`, source: brotli });
          this.emitFile({ type: "asset", fileName: `${name}.gz`, source: gzipSync(bytes, { level: 9 }) });
        }
      },
    },
  };
}

/** Writes down which scripts a page and a language need beside the first ones, so that the backend can announce them. */
function firstFiles(): Plugin {
  const root = import.meta.dirname;
  return {
    name: "first-files",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((item) => item.type === "chunk");
      const fileOf = (module: string) =>
        chunks.find((chunk) => chunk.facadeModuleId === join(root, module))?.fileName;
      const reached = (file: string, known = new Set<string>()): Set<string> => {
        if (known.has(file)) return known;
        known.add(file);
        const chunk = bundle[file];
        if (chunk?.type === "chunk") for (const next of chunk.imports) reached(next, known);
        return known;
      };
      const first = fileOf("index.html") ?? this.error("The portal has no entry.");
      const entry = reached(first);
      const styles = [...entry].flatMap((file) => {
        const chunk = bundle[file];
        return chunk?.type === "chunk" ? [...(chunk.viteMetadata?.importedCss ?? [])] : [];
      });
      const beside = (module: string) => {
        const file = fileOf(module) ?? this.error(`${module} is no chunk of its own.`);
        return [...reached(file)].filter((name) => !entry.has(name)).map((name) => `/${name}`);
      };
      const source = readFileSync(join(root, "src/routes/index.tsx"), "utf8");
      const pages: Record<string, string[]> = {};
      for (const [, path, module] of source.matchAll(
        /\["([^"]+)", later\(\(\) => import\("\.\.\/([^"]+)"\)\)\]/g,
      ))
        pages[path!] = beside(`src/${module}.tsx`);
      const [languages, entrances]: Record<string, string[]>[] = [{}, {}];
      for (const code of ["en", "nl", "de", "fr", "es", "it"]) {
        languages![code] = beside(`src/i18n/${code}/index.ts`);
        entrances![code] = beside(`src/i18n/${code}/entrance.ts`);
      }
      this.emitFile({
        type: "asset",
        fileName: ".vite/first.json",
        source: JSON.stringify(
          {
            entry: [...entry].toReversed().map((name) => `/${name}`),
            styles: styles.map((name) => `/${name}`),
            pages,
            languages,
            entrances,
          },
          null,
          2,
        ),
      });
    },
  };
}

export default defineConfig({
  plugins: [solid(), tailwindcss(), precompress(), firstFiles()],
  server: {
    proxy: Object.fromEntries(["/api", "/auth", "/brand.css", "/favicon.svg"].map((path) => [path, BACKEND])),
  },
  build: {
    // Not where the backend reads: scripts/publish.mjs puts it there, under a running server.
    outDir: "dist",
    emptyOutDir: true,
    target: "baseline-widely-available",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // data: addresses would need a wider content security policy.
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_200, // kB of GrapesJS; scripts/budget.mjs holds the sizes that are sent.
    manifest: true,
    license: { fileName: "assets/licenses.md" },
    rolldownOptions: {
      // The console's template designer, whose page finds its files by the manifest.
      input: ["index.html", "src/designer/main.ts"],
      output: {
        // Each page would else fetch a dozen shared scraps of a few hundred bytes.
        codeSplitting: {
          groups: [
            { name: "ui", test: (id: string) => ALL_NEED.test(id) && !SOME_NEED.test(id), priority: 2 },
            { name: "shared", test: /\/src\/(api|lib|features)\//, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["tests/setup.ts"],
    include: ["tests/**/*.test.{ts,tsx}"],
    testTimeout: 30_000,
    env: { TZ: "America/New_York" },
  },
});
