import { t } from './i18n/t.ts'
import type { Language } from './kinds.ts'
import type { Kind, Schedule, Workflow } from './requests/get-workflow.ts'
import type { ExampleConnection, ExampleProperty, SampleRequest } from './with-demo.ts'

/** *Create workflow* shows the groups in this order. */
export const GROUPS = ['collect', 'parse', 'match', 'sync', 'notify', 'privacy', 'reports'] as const
export type Group = (typeof GROUPS)[number]

export type Example = {
  slug: string
  title: string
  kind: Kind
  /** Blank code has none. */
  group?: Group
  description: string
  /** Null: missing in this language. */
  code: Readonly<Record<Language, (() => Promise<string>) | null>>
  properties: ExampleProperty[]
  connections?: ExampleConnection[]
  schedule?: Schedule
  decisions?: NonNullable<Workflow['decisions']>
  sample_request?: SampleRequest
}

const sources = import.meta.glob<string>('../../../examples/*/workflow.py', {
  query: '?raw',
  import: 'default',
})
const scripts = import.meta.glob<string>('../../../examples/*/workflow.ts', {
  query: '?raw',
  import: 'default',
})
const descriptions = import.meta.glob<Omit<Example, 'slug' | 'code'>>('../../../examples/*/example.json', {
  import: 'default',
  eager: true,
})

const FIRST = ['catch-resume-by-url', 'pull-new-files']

export const EXAMPLES: readonly Example[] = Object.entries(descriptions)
  .map(([path, description]) => ({
    ...description,
    title: t(description.title),
    description: t(description.description),
    slug: path.split('/').at(-2) ?? '',
    code: {
      python: sources[path.replace('example.json', 'workflow.py')] ?? null,
      javascript: scripts[path.replace('example.json', 'workflow.ts')] ?? null,
    },
  }))
  .sort((one, other) => rank(one.slug) - rank(other.slug) || one.title.localeCompare(other.title))

export const BLANK_CODE: Readonly<Record<Kind, Readonly<Record<Language, string>>>> = {
  catch: {
    python: `import json

def workflow(_request, settings):
    name = _request.get("name", "world")
    print("Called by", name)
    return {
        "status_code": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": "Hello, {}!".format(name)}),
    }
`,
    javascript: `export default async function workflow(request, settings) {
  const name = request.name ?? 'world'
  console.log('Called by', name)
  return {
    status_code: 200,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ message: \`Hello, \${name}!\` }),
  }
}
`,
  },
  pull: {
    python: `def workflow(settings):
    print("This is run number", settings.increment("RUNS"))
`,
    javascript: `export default async function workflow(settings) {
  console.log('This is run number', settings.increment('RUNS'))
}
`,
  },
}

export const BLANKS: Readonly<Record<Kind, Example>> = {
  catch: {
    slug: 'blank-catch',
    title: t('Blank'),
    kind: 'catch',
    properties: [],
    description: t('A few lines that greet the caller.'),
    code: blankCode('catch'),
    sample_request: { headers: { 'Content-Type': 'application/json' }, body: '{\n  "name": "Ada"\n}' },
  },
  pull: {
    slug: 'blank-pull',
    title: t('Blank'),
    kind: 'pull',
    properties: [],
    description: t('A few lines that count their runs.'),
    code: blankCode('pull'),
    schedule: { every_seconds: 300 },
  },
}

export const examplesOf = (kind: Kind, language: Language): readonly Example[] =>
  [BLANKS[kind], ...EXAMPLES].filter((example) => example.kind === kind && example.code[language] !== null)

export const isSecretInExample = (name: string): boolean =>
  EXAMPLES.some(({ properties }) => properties.some((property) => property.name === name && property.secret))

export const isConnectionInExample = (name: string): boolean =>
  EXAMPLES.some(({ connections = [] }) => connections.some((connection) => connection.name === name))

function blankCode(kind: Kind): Example['code'] {
  const { python, javascript } = BLANK_CODE[kind]
  return { python: async () => python, javascript: async () => javascript }
}

function rank(slug: string): number {
  const index = FIRST.indexOf(slug)
  return index === -1 ? FIRST.length : index
}
