/** The documentation's site: `npm run docs` serves it, `npm run docs:build` builds what the server serves under /docs. */

import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defineConfig } from 'vitepress'
import { unlinkFilesOutside } from './outside.ts'
import { ENGLISH, FRENCH, FRENCH_SEARCH } from './pages.ts'

const DOCS = resolve(import.meta.dirname, '..')

export default defineConfig({
  title: 'Workflows',
  base: '/docs/',
  cleanUrls: true,
  // Otherwise each page has an inline script that changes with each build, which the server's content policy refuses.
  metaChunk: true,
  cacheDir: '../.cache/vitepress',
  head: [
    ['meta', { name: 'robots', content: 'noindex' }],
    ['link', { rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' }],
  ],
  markdown: {
    config: unlinkFilesOutside(DOCS),
    // The usual themes have too little contrast for text of this size.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  locales: {
    root: {
      label: 'English',
      lang: 'en',
      description: 'Run small functions on webhooks and schedules.',
      themeConfig: ENGLISH,
    },
    fr: {
      label: 'Français',
      lang: 'fr',
      description: 'Exécutez de petites fonctions sur des webhooks et des horaires.',
      themeConfig: FRENCH,
    },
  },
  themeConfig: {
    // Most pages have no translation.
    i18nRouting: false,
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        locales: FRENCH_SEARCH,
        // Evidence is for those who check the promises, and would hide guides and reference.
        _render: (source, env, md) => (env.relativePath.startsWith('evidence/') ? '' : md.render(source, env)),
      },
    },
  },
  // Files that pages link to, and that are no pages.
  buildEnd({ outDir }) {
    for (const name of ['schemas', 'evidence/performance'])
      cpSync(join(DOCS, name), join(outDir, name), { recursive: true })
  },
})
