import { readJson } from '../../domain/json/read-json.ts'
import type { Signal } from '../../domain/runs/signal.ts'
import type { Database } from '../database/database.ts'
import type { Peers } from './peers.ts'
import type { ServerStore } from './server-store.ts'

const SOON_MS = 10
/** A busy server would wake all others 100 times a second. */
const RUNS_MS = 50

type Letter = { readonly from: string; readonly signal: Signal | null }

/** The first signal announces this server. */
export function createSignals(
  { signals: line }: Database,
  peers: Peers,
  serverId: string,
): Pick<ServerStore, 'publish' | 'onSignal'> {
  const listeners = new Set<(signal: Signal) => void>()
  const send = (signal: Signal | null): void =>
    line.send(JSON.stringify({ from: serverId, signal } satisfies Letter), signal?.kind === 'run' ? RUNS_MS : SOON_MS)
  line.listen((text) => {
    const letter = text === null ? null : parseLetter(text)
    if (letter?.from === serverId) return
    if (letter !== null) peers.noteOne()
    // After a gap, listeners check everything.
    else send(null)
    const signal = letter === null ? ({ kind: 'queued' } as const) : letter.signal
    if (signal !== null) for (const listener of listeners) listener(signal)
  })
  // The channel may have opened earlier.
  send(null)
  return {
    publish(signal) {
      if (peers.known) send(signal)
    },
    onSignal(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function parseLetter(text: string): Letter | null {
  const letter = readJson(text)
  return isLetter(letter) ? letter : null
}

const isLetter = (value: unknown): value is Letter =>
  typeof value === 'object' && value !== null && 'from' in value && 'signal' in value && typeof value.from === 'string'
