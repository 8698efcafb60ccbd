import { isObject } from '../json/is-object.ts'
import { KINDS, type Kind } from '../shared/kind.ts'

type ConnectorParameter = {
  readonly key: string
  readonly name: string
  readonly place: string
  readonly description: string
  readonly type: string
  readonly choices: readonly string[]
  readonly required: boolean
  readonly secret: boolean
  readonly default: string | null
}

export type ConnectorProgram = {
  readonly id: string
  readonly connector: string
  readonly action: string
  readonly kind: Kind
  readonly generation: string
  readonly incremental: boolean
  readonly source: string
  readonly parameters: readonly ConnectorParameter[]
}

export type ConnectorCatalog = { readonly version: string; readonly programs: readonly ConnectorProgram[] }

const MAX = { programs: 2_000, parameters: 200, source: 100_000, text: 2_000, name: 100, choices: 100 } as const
const KEY = /^[A-Za-z0-9_.-]{1,100}$/
const VERSION = /^[0-9A-Za-z.+!-]{1,50}$/
/** On newer Pythons 44 programs build wrong URLs. */
const PYTHONS = '>=3.9,<3.11'
const STATE = 'connector_state'

export const connectorBlock = (version: string | null): string =>
  `# /// script
# requires-python = "${PYTHONS}"
# dependencies = ["hrflow-connectors${version === null ? '' : `==${version}`}"]
# ///
`

export function readCatalog(text: string): ConnectorCatalog {
  const value: unknown = JSON.parse(text)
  if (
    !isObject(value) ||
    typeof value.version !== 'string' ||
    !VERSION.test(value.version) ||
    !Array.isArray(value.programs)
  )
    throw new Error('expected {version, programs}')
  return { version: value.version, programs: value.programs.slice(0, MAX.programs).flatMap(readProgram) }
}

/**
 * For incremental reading, adds code that keeps the state: the setting `connector_state` replaces the package's state
 * file.
 */
export function connectorSource(
  { source, kind, incremental }: ConnectorProgram,
  version: string,
  isIncremental: boolean,
): string {
  const program = `${connectorBlock(version)}${source.replace(/\n{3,}/g, '\n\n').trim()}\n`
  return incremental && isIncremental ? `${program}${stateKeeper(kind)}` : program
}

function stateKeeper(kind: Kind): string {
  const parameters = kind === 'catch' ? '_request, settings' : 'settings'
  return `

# What the connector has read so far. The setting is written together with the result of the run, or not at all.
STATE_SETTING = "${STATE}"
run_connector = workflow


def workflow(${parameters}):
    from pathlib import Path
    from tempfile import mkdtemp

    from hrflow_connectors.core import backend
    from hrflow_connectors.core.backend.localjson import InternalState

    path = Path(mkdtemp()) / "store.json"
    before = settings.get(STATE_SETTING) or '{"root": "HrFlow Connectors", "store": "localjson", "data": {}}'
    path.write_text(before)
    backend.LocalJsonStore.state = InternalState(path=path)
    backend.store = backend.LocalJsonStore
    result = run_connector(${parameters})
    if path.read_text() != before:
        settings[STATE_SETTING] = path.read_text()
    return result
`
}

function readProgram(value: unknown): ConnectorProgram[] {
  if (!isObject(value)) return []
  const { kind, source, parameters } = value
  const [connector, action, generation] = [value.connector, value.action, value.generation].map((part) =>
    cut(part, MAX.name),
  )
  const known = KINDS.find((one) => one === kind)
  if (known === undefined || typeof source !== 'string' || source.length > MAX.source || !Array.isArray(parameters))
    return []
  if (!connector || !action || !generation) return []
  const id = [generation, connector, action, known]
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
  return [
    {
      ...{ id, connector, action, kind: known, generation, source },
      incremental: value.incremental === true,
      parameters: parameters.slice(0, MAX.parameters).flatMap(readParameter),
    },
  ]
}

function readParameter(value: unknown): ConnectorParameter[] {
  if (!isObject(value) || typeof value.key !== 'string' || !KEY.test(value.key)) return []
  return [
    {
      key: value.key,
      name: cut(value.name, MAX.name),
      place: cut(value.place, MAX.name),
      description: cut(value.description, MAX.text),
      type: cut(value.type, MAX.name),
      choices: Array.isArray(value.choices)
        ? value.choices.slice(0, MAX.choices).map((choice) => cut(choice, MAX.name))
        : [],
      required: value.required === true,
      secret: value.secret === true,
      default: typeof value.default === 'string' && value.default.length <= MAX.text ? value.default : null,
    },
  ]
}

const cut = (value: unknown, length: number): string => (typeof value === 'string' ? value.slice(0, length) : '')
