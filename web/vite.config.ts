import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [react(), preloadedApp(), fontLicences(), compressedCopies()],
  worker: { format: 'es' },
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 1000 },
  // `npm run dev` adds the proxy to the server (scripts/dev/app.ts).
  server: { fs: { allow: ['..'] } },
})

/** Level 9 takes 2.4 s for all files on one processor. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }

/** The app is imported once its words are known: the page names its scripts, so that they load meanwhile. */
function preloadedApp(): Plugin {
  return {
    name: 'preloaded-app',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const app = Object.values(bundle).find((file) => file.type === 'chunk' && file.name === 'app')
        if (app === undefined) throw new Error('The app is no chunk of its own: main.tsx imports it with import().')
        const files = new Set([app.fileName])
        for (const name of files) {
          const file = bundle[name]
          if (file?.type === 'chunk') for (const imported of file.imports) files.add(imported)
        }
        const links = [...files].filter((name) => !html.includes(`/${name}"`))
        const fonts = Object.keys(bundle).filter((name) => /\/inter-latin-wght-normal-[^/]+\.woff2$/.test(name))
        return [
          ...links.map((name) => ({ rel: 'modulepreload', href: `/${name}` })),
          ...fonts.map((name) => ({ rel: 'preload', as: 'font', type: 'font/woff2', href: `/${name}` })),
        ].map((attrs) => ({ tag: 'link', attrs: { ...attrs, crossorigin: true }, injectTo: 'head' as const }))
      },
    },
  }
}

const LICENCES = {
  inter: import.meta.resolve('@fontsource-variable/inter/LICENSE'),
  'jetbrains-mono': import.meta.resolve('@fontsource-variable/jetbrains-mono/LICENSE'),
}

/** The Open Font License must come with the fonts. */
function fontLicences(): Plugin {
  return {
    name: 'font-licences',
    apply: 'build',
    generateBundle() {
      for (const [font, path] of Object.entries(LICENCES))
        this.emitFile({ type: 'asset', fileName: `licences/${font}.txt`, source: readFileSync(fileURLToPath(path)) })
    },
  }
}

/** Writes compressed copies beside each built file: the server sends them and compresses nothing itself. */
function compressedCopies(): Plugin {
  return {
    name: 'compressed-copies',
    apply: 'build',
    writeBundle({ dir = '' }) {
      for (const name of readdirSync(join(dir, 'assets'))) {
        if (!/\.(js|css|wasm)$/.test(name)) continue
        const path = join(dir, 'assets', name)
        const bytes = readFileSync(path)
        writeFileSync(`${path}.gz`, gzipSync(bytes))
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, BROTLI))
      }
    },
  }
}
