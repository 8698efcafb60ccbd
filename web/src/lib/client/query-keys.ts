import type { StreamEvent } from '../../../../client/index.ts'

type Topic =
  | 'accounts'
  | 'alerts'
  | 'api-keys'
  | 'audit'
  | 'canary'
  | 'certificates'
  | 'channels'
  | 'connections'
  | 'connectors'
  | 'dead-letters'
  | 'decisions'
  | 'draft'
  | 'environments'
  | 'invitations'
  | 'me'
  | 'network'
  | 'open-invitation'
  | 'operation'
  | 'passkeys'
  | 'people'
  | 'places'
  | 'preview-ticks'
  | 'refused-calls'
  | 'resolved-packages'
  | 'run'
  | 'run-list'
  | 'run-logs'
  | 'run-search'
  | 'runs'
  | 'runtimes'
  | 'sample-request'
  | 'session'
  | 'sessions'
  | 'setting-history'
  | 'settings'
  | 'shared-settings'
  | 'silence'
  | 'stats'
  | 'system'
  | 'tasks'
  | 'ticks'
  | 'trials'
  | 'versions'
  | 'views'
  | 'workflow'
  | 'workflows'

type Key = readonly [Topic, ...unknown[]]

/** A key covers all that begin with it. */
export const queryKeys = {
  accounts: ['accounts'],
  alerts: ['alerts'],
  apiKeys: ['api-keys'],
  audit: (filter: object) => ['audit', filter],
  canary: (workflowId: string) => ['canary', workflowId],
  certificates: ['certificates'],
  channels: ['channels'],
  decisionList: (filter: object) => ['decisions', 'list', filter],
  decision: (id: string) => ['decisions', 'one', id],
  explanations: (decisionId: string) => ['decisions', 'explanations', decisionId],
  impact: (filter: object) => ['decisions', 'impact', filter],
  oversight: (workflowId: string | null) => ['decisions', 'oversight', workflowId],
  previews: (channelId: string) => ['channels', channelId, 'previews'],
  connectors: ['connectors'],
  connector: (id: string, incremental: boolean) => ['connectors', id, incremental],
  deadLetters: ['dead-letters'],
  draft: (workflowId: string) => ['draft', workflowId],
  draftTexts: (workflowId: string) => ['draft', workflowId, 'texts'],
  deadRuns: (groupId: string) => ['dead-letters', groupId],
  environments: ['environments'],
  invitations: ['invitations'],
  me: ['me'],
  connectionProviders: ['connections', 'providers'],
  connections: ['connections'],
  network: ['network'],
  openInvitation: (token: string) => ['open-invitation', token],
  passkeys: ['passkeys'],
  people: ['people'],
  places: (workflowId: string, kind: string) => ['places', workflowId, kind],
  previewTicks: (schedule: object | null) => ['preview-ticks', schedule],
  refusedCalls: (workflowId: string, limit: number) => ['refused-calls', workflowId, limit],
  resolvedPackages: (workflowId: string, code: object) => ['resolved-packages', workflowId, code],
  run: (id: string) => ['run', id],
  attempts: (runId: string) => ['run', runId, 'attempts'],
  steps: (runId: string) => ['run', runId, 'steps'],
  runToTest: (runId: string | null) => ['run', runId, 'to-test'],
  formFields: (runId: string) => ['run', runId, 'fields'],
  runTrace: (runId: string) => ['run', runId, 'trace'],
  replays: (runId: string) => ['run', runId, 'replays'],
  runLogs: (runId: string) => ['run-logs', runId],
  /** Written by the page, without a query. */
  runList: (workflowId: string | null, filter: object) => ['run-list', workflowId, filter],
  /** A search is too expensive for events. */
  foundRuns: (workflowId: string | null, filter: object) => ['run-search', workflowId, filter, 'newest'],
  runs: ['runs'],
  newestRuns: (workflowId: string | null, filter: object) => ['runs', workflowId, filter, 'newest'],
  lastRuns: (workflowId: string, limit: number, filter: object) => ['runs', workflowId, 'last', limit, filter],
  dayGlances: (workflowIds: readonly string[]) => ['stats', null, workflowIds],
  glances: (workflowIds: readonly string[]) => ['runs', 'glances', workflowIds],
  runUnderWay: (workflowId: string, trigger: string) => ['runs', workflowId, 'under-way', trigger],
  scheduledRuns: (workflowId: string) => ['runs', workflowId, 'scheduled'],
  home: ['runs', 'home'],
  runtimes: ['runtimes'],
  sample: (workflowId: string) => ['sample-request', workflowId],
  sampleFor: (workflowId: string, source: string) => ['sample-request', workflowId, source],
  session: ['session'],
  sessions: ['sessions'],
  silence: (workflowId: string) => ['silence', workflowId],
  settings: (workflowId: string) => ['settings', workflowId],
  settingHistory: (workflowId: string, ...key: [string?]) => ['setting-history', workflowId, ...key],
  sharedSettings: ['shared-settings'],
  sharedHistory: (key: string) => ['shared-settings', key],
  stats: (workflowId: string | null, time: unknown) => ['stats', workflowId, time],
  operation: ['operation'],
  system: ['system'],
  systemAlerts: ['system', 'alerts'],
  tasks: ['tasks'],
  taskList: (filter: object) => ['tasks', filter],
  task: (id: string) => ['tasks', 'one', id],
  ticks: (workflowId: string) => ['ticks', workflowId],
  nextTicks: (workflowId: string) => ['ticks', workflowId, 'next'],
  tickDays: (workflowId: string, days: number, timezone: string) => ['ticks', workflowId, 'days', days, timezone],
  trials: (workflowId: string) => ['trials', workflowId],
  trial: (id: string) => ['trials', 'one', id],
  trialCases: (id: string, verdict: string, done: number) => ['trials', 'cases', id, verdict, done],
  versions: (workflowId: string) => ['versions', workflowId],
  version: (workflowId: string, number: number | null) => ['versions', workflowId, number],
  newestVersion: (workflowId: string) => ['versions', workflowId, 'newest'],
  views: ['views'],
  workflow: (id: string) => ['workflow', id],
  workflows: ['workflows'],
  workflowTags: ['workflows', 'tags'],
  workflowList: (filter: object) => ['workflows', filter],
  nameTaken: (q: string) => ['workflows', 'name', q],
  workflowChoice: (q: string) => ['workflows', 'choice', q],
  foundWorkflows: (q: string) => ['workflows', 'palette', q],
} as const satisfies Readonly<Record<string, Key | ((...args: never[]) => Key)>>

export type LiveEvent = StreamEvent<'/api/events'>
type Action = Extract<LiveEvent, { event: 'change' }>['data']['action']
type Subject = Action extends `${infer S}.${string}` ? S : never

const OF_RUN: readonly Topic[] = [
  'decisions',
  'run',
  'runs',
  'setting-history',
  'settings',
  'tasks',
  'ticks',
  'workflow',
]

/** Runs have their own events. */
const OF_CHANGE: Readonly<Record<Subject, readonly Topic[]>> = {
  alerts: ['system'],
  audit: [],
  canary: ['canary', 'versions', 'workflow', 'workflows'],
  channel: ['channels', 'workflow'],
  connection: ['connections'],
  dead_letters: ['dead-letters'],
  decisions: ['decisions'],
  environment: ['environments', 'versions'],
  held_runs: ['run', 'runs'],
  hook_key: ['workflow', 'workflows'],
  internal_host: ['network'],
  invitation: ['invitations', 'people'],
  key: ['api-keys'],
  person: ['api-keys', 'invitations', 'me', 'people'],
  privacy: ['certificates', 'decisions', 'run', 'runs', 'setting-history'],
  run: ['runs'],
  runs: ['runs'],
  runtime: ['runtimes'],
  sample_call: [],
  sample_request: ['sample-request'],
  setting: ['setting-history', 'settings'],
  shared_setting: ['shared-settings'],
  silence: ['runs', 'silence'],
  task: ['decisions', 'run', 'runs', 'tasks'],
  trial: ['trials'],
  version: ['canary', 'environments', 'sample-request', 'versions', 'workflow', 'workflows'],
  view: ['views'],
  workflow: ['canary', 'shared-settings', 'ticks', 'versions', 'workflow', 'workflows'],
}

const LIVE: ReadonlySet<unknown> = new Set([...OF_RUN, ...Object.values(OF_CHANGE).flat()])

export const isLive = (topic: unknown): boolean => LIVE.has(topic)

export function topicsOf(event: LiveEvent): readonly Topic[] {
  if (event.event === 'run') return OF_RUN
  const [subject = ''] = event.data.action.split('.')
  // A newer server may have unknown events.
  return isSubject(subject) ? OF_CHANGE[subject] : []
}

const isSubject = (word: string): word is Subject => Object.hasOwn(OF_CHANGE, word)
