import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Where the dev server finds the API; the built app is served by the API's own server. */
const API = 'http://127.0.0.1:4400'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [react(), compressedCopies()],
  worker: { format: 'es' },
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 1000 },
  server: { proxy: { '/api': API, '/hooks': API }, fs: { allow: ['..'] } },
})

/** Leaves a compressed copy beside each built file: the server sends that one and compresses nothing itself. */
function compressedCopies(): Plugin {
  return {
    name: 'compressed-copies',
    apply: 'build',
    writeBundle({ dir = '' }) {
      for (const name of readdirSync(join(dir, 'assets'))) {
        if (!/\.(js|css|wasm)$/.test(name)) continue
        const path = join(dir, 'assets', name)
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)))
      }
    },
  }
}
