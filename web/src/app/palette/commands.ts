/** The commands of the palette: pages, the open workflow, other workflows by name, and global actions. */

import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { visible } from '../../lib/text.ts'

export type Command = {
  readonly id: string
  readonly group: string
  readonly label: string
  /** More words that match this command. */
  readonly words?: string
  readonly keys?: string
  /** Shown only when it matches what is typed: an empty palette stays short. */
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

const TABS = ['Overview', 'Function', 'Runs', 'Settings'] as const

/** All commands of the current page; `found` are the workflows that match the typed text. */
export function commandsOf({ pages, open }: Destination, found: readonly Workflow[], can: Abilities): Command[] {
  const others = found.filter(({ id }) => id !== open?.id)
  return [
    ...(open === undefined ? [] : commandsOfWorkflow(open, can)),
    ...others.map((workflow) => ({
      id: workflow.id,
      group: 'Workflows',
      label: visible(workflow.name),
      words: `${workflow.kind} go open`,
      run: () => can.go(`/workflows/${workflow.id}`),
    })),
    ...others
      .filter((workflow) => can.mayRun && canRun(workflow))
      .map((workflow) => runCommand(workflow, 'Workflows', can)),
    ...pages.map(({ to, word }) => ({
      id: to,
      group: 'Pages',
      label: word,
      words: 'go page',
      run: () => can.go(to),
    })),
    ...commandsOfSettings(can),
    ...commandsOfAll(can),
  ]
}

/** Parts of a workflow's settings that have an address of their own. */
const SECTIONS = [
  { section: 'callers', kind: 'catch', label: 'Who may call', words: 'sender check secret signature' },
  { section: 'schedule', kind: 'pull', label: 'Schedule', words: 'cron interval' },
  { section: 'alerts', kind: null, label: 'Alerts', words: 'notify' },
  { section: 'retention', kind: null, label: 'Retention', words: 'keep runs' },
  { section: 'state', kind: null, label: 'Archive or delete', words: 'remove disable export duplicate' },
] as const

function commandsOfWorkflow(workflow: Workflow, can: Abilities): Command[] {
  const group = visible(workflow.name)
  const { id, hook_url: hookUrl } = workflow
  return [
    ...TABS.map((word) => ({
      id: `${id} ${word}`,
      group,
      label: word,
      words: `${group} tab`,
      run: () => can.go(`/workflows/${id}/${word.toLowerCase()}`),
    })),
    ...SECTIONS.filter(({ kind }) => kind === null || kind === workflow.kind).map(({ section, label, words }) => ({
      id: `${id} ${section}`,
      group,
      label,
      words: `settings ${words}`,
      isExtra: true,
      run: () => can.go(`/workflows/${id}/settings#${section}`),
    })),
    {
      id: `${id} failures`,
      group,
      label: 'Failures',
      words: 'failed runs replay',
      isExtra: true,
      run: () => can.go(`/workflows/${id}/runs?status=failing`),
    },
    {
      id: `${id} versions`,
      group,
      label: 'Versions',
      words: 'deploy roll back history drafts',
      isExtra: true,
      run: () => can.go(`/workflows/${id}/function?versions=open`),
    },
    ...(can.mayRun && canRun(workflow) ? [runCommand(workflow, group, can)] : []),
    ...(hookUrl === null
      ? []
      : [{ id: `${id} url`, group, label: 'Copy the Workflow Url', run: () => can.copy(hookUrl, 'Workflow Url') }]),
  ]
}

/** A catch workflow needs a request, so it can only be tested under Function. */
const canRun = ({ kind, deployed_version, archived }: Workflow): boolean =>
  kind === 'pull' && deployed_version !== null && !archived

const runCommand = (workflow: Workflow, group: string, can: Abilities): Command => ({
  id: `${workflow.id} run`,
  group,
  label: `Run ${visible(workflow.name)} now`,
  words: 'start',
  run: () => can.runNow(workflow),
})

const SETTINGS = [
  { part: '', label: 'Account', words: 'password sessions two-factor', forOwners: false },
  { part: 'people', label: 'People', words: 'invite roles', forOwners: true },
  { part: 'keys', label: 'API keys', words: 'tokens', forOwners: true },
  { part: 'alerts', label: 'Alerts and channels', words: 'notify e-mail slack', forOwners: true },
  { part: 'shared', label: 'Shared properties', words: 'team secrets', forOwners: false },
  { part: 'audit', label: 'Audit log', words: 'who changed', forOwners: true },
  { part: 'system', label: 'System', words: 'version runtimes', forOwners: false },
] as const

function commandsOfSettings(can: Abilities): Command[] {
  return SETTINGS.filter(({ forOwners }) => can.mayAdmin || !forOwners).map(({ part, label, words }) => ({
    id: `settings ${part}`,
    group: 'Settings',
    label,
    words: `settings ${words}`,
    isExtra: true,
    run: () => can.go(part === '' ? '/settings' : `/settings/${part}`),
  }))
}

function commandsOfAll(can: Abilities): Command[] {
  const group = 'Actions'
  const create = [
    {
      id: 'create catch',
      group,
      label: 'Create a Catch workflow',
      words: 'new',
      run: () => can.go('/workflows?create=catch'),
    },
    {
      id: 'create pull',
      group,
      label: 'Create a Pull workflow',
      words: 'new',
      run: () => can.go('/workflows?create=pull'),
    },
  ]
  return [
    ...(can.mayWrite ? create : []),
    {
      id: 'scheme',
      group,
      label: 'Switch between light and dark mode',
      words: 'theme colours mode',
      run: can.toggleScheme,
    },
    {
      id: 'failures',
      group,
      label: 'All failures',
      words: 'failed runs errors',
      run: () => can.go('/runs?status=failing'),
    },
    {
      id: 'api docs',
      group,
      label: 'API documentation',
      words: 'docs help openapi',
      isExtra: true,
      run: () => window.location.assign('/api/docs'),
    },
    { id: 'keys', group, label: 'Keyboard shortcuts', words: 'help', keys: '?', run: can.showShortcuts },
    { id: 'sign out', group, label: 'Sign out', words: 'leave log out', run: can.signOut },
  ]
}

const RUN_ID = /^run_[0-9A-Za-z]{1,64}$/
const MIN_SEARCH = 3

/** A run by its id, and runs by a text in them. They come after all others, whose words are chosen. */
export function commandsOfRuns(typed: string, can: Pick<Abilities, 'go'>): Command[] {
  if (RUN_ID.test(typed)) {
    return [{ id: 'open run', group: 'Runs', label: `Open ${typed}`, run: () => can.go(`/runs/${typed}`) }]
  }
  if (typed.length < MIN_SEARCH) return []
  const go = () => can.go(`/runs?${new URLSearchParams({ q: typed })}`)
  return [{ id: 'search runs', group: 'Runs', label: `Search runs for “${visible(typed)}”`, run: go }]
}

/** The commands that contain every typed word in their label, group or other words. */
export function matching(commands: readonly Command[], typed: string): Command[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean)
  return commands.filter(({ label, group, words = '', isExtra = false }) => {
    if (isExtra && wanted.length === 0) return false
    const text = `${label} ${group} ${words}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}
