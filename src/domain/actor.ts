export type Actor = {
  readonly type: 'run' | 'person' | 'api_key'
  readonly id: string
  readonly name: string
}

/** The API key `WORKFLOWS_API_KEY`, which belongs to the installation. */
export const CONFIGURED_KEY: Actor = { type: 'api_key', id: 'key_configured', name: 'WORKFLOWS_API_KEY' }

/** Written by us. */
export function parseActor(json: string): Actor {
  return JSON.parse(json)
}
