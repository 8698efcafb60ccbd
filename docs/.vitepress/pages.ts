/** Which pages the site has, in which order. A page's title is its first heading. */

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DefaultTheme } from 'vitepress'

const DOCS = resolve(import.meta.dirname, '..')

const SECTIONS: readonly (readonly [title: string, folder: string, pages?: readonly string[]])[] = [
  ['Start', 'start', ['first-workflow']],
  [
    'Guides',
    'guides',
    [
      'functions',
      'javascript',
      'packages',
      'callers',
      'retries',
      'lasting',
      'decisions',
      'watching',
      'alerts',
      'privacy',
      'cli',
      'git',
      'api',
    ],
  ],
  [
    'Reference',
    'reference',
    [
      'function',
      'settings',
      'connections',
      'hooks',
      'schedules',
      'runs',
      'steps',
      'decisions',
      'workflows',
      'trials',
      'folders',
      'people',
      'privacy',
      'alerts',
      'api',
      'events',
      'errors',
      'limits',
      'command-line',
      'protocols',
      'server',
      'options',
      'demo',
    ],
  ],
  [
    'Operate',
    'operate',
    [
      'docker',
      'kubernetes',
      'systemd',
      'proxies',
      'accounts',
      'backups',
      'metrics',
      'upgrade',
      'sandbox',
      'sizing',
      'scale',
      'runbook',
    ],
  ],
  ['Understand', 'understand', ['promises', 'architecture', 'glossary', 'threat-model']],
  ['Decisions', 'decisions'],
  ['Evidence', 'evidence'],
]

const FRENCH_SECTIONS: typeof SECTIONS = [
  ['Démarrer', 'fr/start', ['first-workflow']],
  ['Guides', 'fr/guides', ['functions', 'javascript', 'lasting', 'decisions']],
]

export const ENGLISH: DefaultTheme.Config = {
  nav: SECTIONS.slice(0, -1).map(([text, folder, pages]) => ({
    text,
    link: `/${folder}/${namesIn(folder, pages)[0]}`,
    activeMatch: `^/${folder}/`,
  })),
  sidebar: SECTIONS.map(sidebarOf),
}

export const FRENCH: DefaultTheme.Config = {
  nav: FRENCH_SECTIONS.map(([text, folder, pages = []]) => ({ text, link: `/${folder}/${pages[0]}` })),
  sidebar: FRENCH_SECTIONS.map(sidebarOf),
  outline: { level: [2, 3], label: 'Sur cette page' },
  docFooter: { prev: 'Page précédente', next: 'Page suivante' },
  darkModeSwitchLabel: 'Apparence',
  lightModeSwitchTitle: 'Passer au thème clair',
  darkModeSwitchTitle: 'Passer au thème sombre',
  sidebarMenuLabel: 'Menu',
  returnToTopLabel: 'Haut de page',
  langMenuLabel: 'Changer de langue',
  skipToContentLabel: 'Aller au contenu',
  notFound: {
    title: 'Page introuvable',
    quote: 'Il n’y a rien à cette adresse.',
    linkLabel: 'Accueil',
    linkText: 'Accueil',
  },
}

/** The words of the search in French. */
export const FRENCH_SEARCH: DefaultTheme.LocalSearchOptions['locales'] = {
  fr: {
    translations: {
      button: { buttonText: 'Rechercher', buttonAriaLabel: 'Rechercher' },
      modal: {
        displayDetails: 'Afficher les détails',
        resetButtonTitle: 'Effacer',
        backButtonTitle: 'Fermer',
        noResultsText: 'Aucun résultat pour',
        footer: { selectText: 'choisir', navigateText: 'parcourir', closeText: 'fermer' },
      },
    },
  },
}

function sidebarOf([text, folder, pages]: (typeof SECTIONS)[number]): DefaultTheme.SidebarItem {
  const items = namesIn(folder, pages).map((name) => ({
    text: titleOf(`${folder}/${name}`),
    link: `/${folder}/${name}`,
  }))
  // A collapsed group nests buttons, which screen readers do not read.
  return { text, items }
}

/** Returns these pages first, then the others of the folder. */
function namesIn(folder: string, first: readonly string[] = []): readonly string[] {
  const files = readdirSync(join(DOCS, folder)).filter((name) => name.endsWith('.md'))
  return [...new Set([...first, ...files.map((name) => name.slice(0, -'.md'.length)).sort()])]
}

function titleOf(page: string): string {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(DOCS, `${page}.md`), 'utf8')) ?? []
  if (title === undefined) throw new Error(`docs/${page}.md has no first heading.`)
  return title.replaceAll('`', '')
}
