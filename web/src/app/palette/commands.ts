import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { visible } from '../../lib/text.ts'

export type CommandIcon =
  | Workflow['kind']
  | 'page'
  | 'settings'
  | 'run'
  | 'runs'
  | 'versions'
  | 'copy'
  | 'create'
  | 'action'

export type Command = {
  readonly id: string
  readonly icon: CommandIcon
  readonly group: string
  readonly label: string
  readonly words?: string
  readonly keys?: string
  /** Hidden in an unfiltered palette. */
  readonly isExtra?: boolean
  readonly run: () => void
}

export type Abilities = {
  readonly mayRun: boolean
  readonly mayWrite: boolean
  readonly mayAdmin: boolean
  readonly go: (path: string) => void
  readonly runNow: (workflow: Workflow) => void
  readonly copy: (text: string, what: string) => void
  readonly toggleScheme: () => void
  readonly showShortcuts: () => void
  readonly signOut: () => void
}

type Destination = { readonly pages: readonly { to: string; word: string }[]; readonly open: Workflow | undefined }

const TABS = [
  { tab: 'overview', word: t('Overview') },
  { tab: 'function', word: t('Function') },
  { tab: 'runs', word: t('Runs') },
  { tab: 'settings', word: t('Settings') },
] as const

export function commandsOf({ pages, open }: Destination, found: readonly Workflow[], can: Abilities): Command[] {
  const others = found.filter(({ id }) => id !== open?.id)
  return [
    ...(open === undefined ? [] : commandsOfWorkflow(open, can)),
    ...others.map((workflow) => ({
      id: workflow.id,
      icon: workflow.kind,
      group: t('Workflows'),
      label: others.some(({ id, name }) => name === workflow.name && id !== workflow.id)
        ? `${visible(workflow.name)} (${workflow.id.slice(-6)})`
        : visible(workflow.name),
      words: `${workflow.kind} ${t('go open')}`,
      run: () => can.go(`/workflows/${workflow.id}`),
    })),
    ...others
      .filter((workflow) => can.mayRun && canRun(workflow))
      .map((workflow) => ({ ...runCommand(workflow, t('Workflows'), can), isExtra: true })),
    ...pages.map(({ to, word }) => ({
      id: to,
      icon: 'page' as const,
      group: t('Pages'),
      label: word,
      words: t('go page'),
      run: () => can.go(to),
    })),
    ...commandsOfSettings(can),
    ...commandsOfAll(can),
  ]
}

const SECTIONS = [
  { section: 'callers', kind: 'catch', label: t('Who may call'), words: t('sender check secret signature') },
  { section: 'schedule', kind: 'pull', label: t('Schedule'), words: t('cron interval') },
  { section: 'limits', kind: null, label: t('Limits'), words: t('memory timeout concurrency runtime') },
  { section: 'variables', kind: null, label: t('Environment variables'), words: t('env') },
  { section: 'network', kind: null, label: t('Network'), words: t('egress hosts record trace') },
  { section: 'personal-data', kind: null, label: t('Personal data'), words: t('privacy redact') },
  { section: 'alerts', kind: null, label: t('Alerts'), words: t('notify') },
  { section: 'retention', kind: null, label: t('Retention'), words: t('keep runs') },
  { section: 'state', kind: null, label: t('Archive or delete'), words: t('remove disable export duplicate') },
] as const

function commandsOfWorkflow(workflow: Workflow, can: Abilities): Command[] {
  const group = visible(workflow.name)
  const { id, hook_url: hookUrl } = workflow
  return [
    ...TABS.map(({ tab, word }) => ({
      id: `${id} ${tab}`,
      icon: 'page' as const,
      group,
      label: word,
      words: `${group} ${t('tab')}`,
      run: () => can.go(`/workflows/${id}/${tab}`),
    })),
    ...SECTIONS.filter(({ kind }) => kind === null || kind === workflow.kind).map(({ section, label, words }) => ({
      id: `${id} ${section}`,
      icon: 'settings' as const,
      group,
      label,
      words: `${t('settings')} ${words}`,
      isExtra: true,
      run: () => can.go(`/workflows/${id}/settings#${section}`),
    })),
    {
      id: `${id} failures`,
      icon: 'runs',
      group,
      label: t('Failures'),
      words: t('failed runs replay'),
      isExtra: true,
      run: () => can.go(`/workflows/${id}/runs?status=failing`),
    },
    {
      id: `${id} versions`,
      icon: 'versions',
      group,
      label: t('Versions'),
      words: t('deploy rollback roll back history drafts'),
      isExtra: true,
      run: () => can.go(`/workflows/${id}/function?versions=open`),
    },
    ...(can.mayRun && canRun(workflow) ? [runCommand(workflow, group, can)] : []),
    ...(hookUrl === null
      ? []
      : [
          {
            id: `${id} url`,
            icon: 'copy' as const,
            group,
            label: t('Copy the hook URL'),
            run: () => can.copy(hookUrl, t('Hook URL')),
          },
        ]),
  ]
}

/** A catch workflow needs a request. */
const canRun = ({ kind, deployed_version, archived }: Workflow): boolean =>
  kind === 'pull' && deployed_version !== null && !archived

const runCommand = (workflow: Workflow, group: string, can: Abilities): Command => ({
  id: `${workflow.id} run`,
  icon: 'run',
  group,
  label: t('Run {name} now', { name: visible(workflow.name) }),
  words: t('start'),
  run: () => can.runNow(workflow),
})

const SETTINGS = [
  { part: '', label: t('Account'), words: t('password sessions two-factor'), forOwners: false },
  { part: 'people', label: t('People'), words: t('invite roles'), forOwners: true },
  { part: 'keys', label: t('API keys'), words: t('tokens'), forOwners: true },
  { part: 'alerts', label: t('Alerts and channels'), words: t('notify email e-mail slack'), forOwners: true },
  { part: 'shared', label: t('Shared properties'), words: t('team secrets'), forOwners: false },
  { part: 'person', label: t('Find a person'), words: t('privacy erase export personal data'), forOwners: true },
  { part: 'data', label: t('Privacy'), words: t('data map retention stored personal data'), forOwners: false },
  { part: 'audit', label: t('Audit log'), words: t('who changed'), forOwners: true },
  { part: 'system', label: t('System'), words: t('version runtimes'), forOwners: false },
] as const

function commandsOfSettings(can: Abilities): Command[] {
  return SETTINGS.filter(({ forOwners }) => can.mayAdmin || !forOwners).map(({ part, label, words }) => ({
    id: `settings ${part}`,
    icon: 'settings' as const,
    group: t('Settings'),
    label,
    words: `${t('settings')} ${words}`,
    isExtra: true,
    run: () => can.go(part === '' ? '/settings' : `/settings/${part}`),
  }))
}

const HELP: readonly Command[] = [
  {
    id: 'docs',
    icon: 'page',
    group: t('Actions'),
    label: t('Documentation'),
    words: t('help guides reference'),
    isExtra: true,
    run: () => window.location.assign('/docs/'),
  },
  {
    id: 'api docs',
    icon: 'page',
    group: t('Actions'),
    label: t('API documentation'),
    words: t('docs help openapi'),
    isExtra: true,
    run: () => window.location.assign('/api/docs'),
  },
]

function commandsOfAll(can: Abilities): Command[] {
  const group = t('Actions')
  const create = [
    {
      id: 'create catch',
      icon: 'create' as const,
      group,
      label: t('Create a Catch workflow'),
      words: t('new'),
      run: () => can.go('/workflows?create=catch'),
    },
    {
      id: 'create pull',
      icon: 'create' as const,
      group,
      label: t('Create a Pull workflow'),
      words: t('new'),
      run: () => can.go('/workflows?create=pull'),
    },
  ]
  return [
    ...(can.mayWrite ? create : []),
    {
      id: 'scheme',
      icon: 'action',
      group,
      label: t('Switch between light and dark mode'),
      words: t('theme colours mode'),
      run: can.toggleScheme,
    },
    {
      id: 'failures',
      icon: 'runs',
      group,
      label: t('All failures'),
      words: t('failed runs errors'),
      run: () => can.go('/runs?status=failing'),
    },
    ...HELP,
    {
      id: 'keys',
      icon: 'action',
      group,
      label: t('Keyboard shortcuts'),
      words: t('help'),
      keys: '?',
      run: can.showShortcuts,
    },
    { id: 'sign out', icon: 'action', group, label: t('Sign out'), words: t('leave log out'), run: can.signOut },
  ]
}

const RUN_ID = /^run_[0-9A-Za-z]{1,64}$/
const MIN_SEARCH = 3

/** Last, because their words are the typed text. */
export function commandsOfRuns(typed: string, can: Pick<Abilities, 'go'>): Command[] {
  if (RUN_ID.test(typed)) {
    return [
      {
        id: 'open run',
        icon: 'runs',
        group: t('Runs'),
        label: t('Open {typed}', { typed }),
        run: () => can.go(`/runs/${typed}`),
      },
    ]
  }
  if (typed.length < MIN_SEARCH) return []
  const go = () => can.go(`/runs?${new URLSearchParams({ q: typed })}`)
  return [
    {
      id: 'search runs',
      icon: 'runs',
      group: t('Runs'),
      label: t('Search runs for “{typed}”', { typed: visible(typed) }),
      run: go,
    },
  ]
}

const NONE: ReadonlySet<string> = new Set()

/** `found`: the server's matches, also with typing errors. */
export function matching(commands: readonly Command[], typed: string, found: ReadonlySet<string> = NONE): Command[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean)
  return commands.filter(({ id, label, group, words = '', isExtra = false }) => {
    if (found.has(id)) return true
    if (isExtra && wanted.length === 0) return false
    const text = `${label} ${group} ${words}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}
