/** Vite serves the app, and passes other calls to the server. */

import { join, sep } from 'node:path'
import { createServer, type FSWatcher, type HttpProxy, type InlineConfig } from 'vite'
import { LOOPBACK } from './ports.ts'

/** Paths of the server. The app has all others. */
const SERVED = '^/(api|hooks|docs|mcp|healthz|readyz|metrics)(/|\\?|$)'

export type DevApp = {
  readonly url: string
  watch(folders: readonly string[], onChange: () => void): void
  close(): Promise<void>
}

export async function startApp(root: string, port: number, serverPort: number): Promise<DevApp> {
  const vite = await createServer(viteConfig(root, port, serverPort))
  await vite.listen()
  return {
    url: `http://${LOOPBACK}:${port}`,
    watch: (folders, onChange) =>
      watchFolders(
        vite.watcher,
        folders.map((folder) => join(root, folder)),
        onChange,
      ),
    close: () => vite.close(),
  }
}

/** Vite's watcher reports the app's files too. */
function watchFolders(watcher: FSWatcher, folders: readonly string[], onChange: () => void): void {
  watcher.add(folders)
  watcher.on('all', (_event, path) => {
    if (folders.some((folder) => path.startsWith(folder + sep))) onChange()
  })
}

function viteConfig(root: string, port: number, serverPort: number): InlineConfig {
  return {
    configFile: join(root, 'web/vite.config.ts'),
    clearScreen: false,
    logLevel: 'warn',
    server: {
      host: LOOPBACK,
      port,
      strictPort: true,
      // Vite would answer the CORS preflights of hooks.
      cors: false,
      // The server compares a page's Origin with the Host.
      proxy: {
        [SERVED]: { target: `http://${LOOPBACK}:${serverPort}`, changeOrigin: false, configure: sendHeadersAtOnce },
      },
    },
  }
}

/** The proxy sends headers with the first bytes of a body, up to 15 seconds late for an event stream. */
function sendHeadersAtOnce(proxy: HttpProxy.ProxyServer): void {
  proxy.on('proxyRes', (_answer, _request, response) => {
    // After the proxy has copied the headers.
    queueMicrotask(() => response.flushHeaders())
  })
}
