export type Actor = {
  readonly type: 'run' | 'person' | 'api_key'
  readonly id: string
  readonly name: string
}

/** From `WORKFLOWS_API_KEY`. */
export const CONFIGURED_KEY: Actor = { type: 'api_key', id: 'key_configured', name: 'WORKFLOWS_API_KEY' }

export const UNKNOWN: Actor = { type: 'person', id: '', name: 'unknown' }

export function parseActor(json: string): Actor {
  return JSON.parse(json)
}
