export type Actor = {
  readonly type: 'run' | 'person' | 'api_key'
  readonly id: string
  readonly name: string
}

/** Written by us. */
export function parseActor(json: string): Actor {
  return JSON.parse(json)
}
