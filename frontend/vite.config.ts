import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import type { Plugin } from "vite";
import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";

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

export default defineConfig({
  plugins: [solid(), tailwindcss(), precompress()],
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
      // Each page would else fetch a dozen shared scraps of a few hundred bytes.
      output: { codeSplitting: { groups: [{ name: "ui", test: /\/src\/(api|ui|lib)\// }] } },
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
