import type { Language } from './kinds.ts'
import type { Kind, Schedule } from './requests/get-workflow.ts'

type ExampleProperty = { name: string; value: string; secret: boolean; isJson?: boolean }
export type SampleRequest = { headers: Record<string, string>; body: string }
export type Example = {
  slug: string
  title: string
  kind: Kind
  description: string
  /** In Python. */
  source: string
  script: string | null
  properties: ExampleProperty[]
  schedule?: Schedule
  sample_request?: SampleRequest
}

const sources = import.meta.glob<string>('../../../examples/*/workflow.py', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const scripts = import.meta.glob<string>('../../../examples/*/workflow.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const descriptions = import.meta.glob<Omit<Example, 'slug' | 'source' | 'script'>>('../../../examples/*/example.json', {
  import: 'default',
  eager: true,
})

const FIRST = ['catch-resume-by-url', 'pull-new-files']

export const EXAMPLES: readonly Example[] = Object.entries(descriptions)
  .map(([path, description]) => ({
    ...description,
    slug: path.split('/').at(-2) ?? '',
    source: sources[path.replace('example.json', 'workflow.py')] ?? '',
    script: scripts[path.replace('example.json', 'workflow.ts')] ?? null,
  }))
  .sort((one, other) => rank(one.slug) - rank(other.slug) || one.title.localeCompare(other.title))

export const BLANKS: Readonly<Record<Kind, Example>> = {
  catch: {
    slug: 'blank-catch',
    title: 'Blank',
    kind: 'catch',
    properties: [],
    description: 'A few lines that greet the caller.',
    source: `import json

def workflow(_request, settings):
    name = _request.get("name", "world")
    print("Called by", name)
    return {
        "status_code": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": "Hello, {}!".format(name)}),
    }
`,
    script: `export default async function workflow(request, settings) {
  const name = request.name ?? 'world'
  console.log('Called by', name)
  return {
    status_code: 200,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ message: \`Hello, \${name}!\` }),
  }
}
`,
    sample_request: { headers: { 'Content-Type': 'application/json' }, body: '{\n  "name": "Ada"\n}' },
  },
  pull: {
    slug: 'blank-pull',
    title: 'Blank',
    kind: 'pull',
    properties: [],
    description: 'A few lines that count their runs.',
    source: `def workflow(settings):
    settings["RUNS"] = settings.get("RUNS", 0) + 1
    print("This is run number", settings["RUNS"])
`,
    script: `export default async function workflow(settings) {
  settings.RUNS = (settings.RUNS ?? 0) + 1
  console.log('This is run number', settings.RUNS)
}
`,
    schedule: { every_seconds: 300 },
  },
}

export const examplesOf = (kind: Kind, language: Language): readonly Example[] =>
  [BLANKS[kind], ...EXAMPLES].filter(
    (example) => example.kind === kind && (language === 'python' || example.script !== null),
  )

/** Defaults to Python. */
export const codeOf = ({ source, script }: Example, language: Language): string =>
  language === 'python' ? source : (script ?? source)

export const exampleWithSource = (source: string): Example | undefined =>
  [...EXAMPLES, ...Object.values(BLANKS)].find((example) => example.source === source || example.script === source)

function rank(slug: string): number {
  const index = FIRST.indexOf(slug)
  return index === -1 ? FIRST.length : index
}
