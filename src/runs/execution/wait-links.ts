/** A URL ends one wait. The runtime makes it, and each server can check it. */

import { createHmac, timingSafeEqual } from 'node:crypto'

export const WAITS_PREFIX = '/hooks/waits/'

export type WaitLinks = {
  /** `key` is hexadecimal. */
  of(firstId: string): { readonly key: string; readonly base: string }
  urlOf(firstId: string, name: string): string
  /** Null: no run made the URL. */
  read(path: string): { readonly firstId: string; readonly name: string } | null
}

const TAG_LENGTH = 40
const TOKEN = /^(run_[0-9a-z]{1,64})\.([0-9A-Za-z_-]{1,1100})\.([0-9a-f]{40})$/

/** All servers have the same key. `base` is the address of hooks. */
export function createWaitLinks(key: Uint8Array, base: () => string): WaitLinks {
  const keyOf = (firstId: string): Buffer => createHmac('sha256', key).update(firstId).digest()
  const tagOf = (firstId: string, name: string): string =>
    createHmac('sha256', keyOf(firstId)).update(name).digest('hex').slice(0, TAG_LENGTH)
  const of = (firstId: string) => ({
    key: keyOf(firstId).toString('hex'),
    base: `${base()}${WAITS_PREFIX}${firstId}.`,
  })
  return {
    of,
    urlOf: (firstId, name) => `${of(firstId).base}${Buffer.from(name).toString('base64url')}.${tagOf(firstId, name)}`,
    read(path) {
      const [, firstId, encoded, tag] = TOKEN.exec(path.slice(WAITS_PREFIX.length)) ?? []
      if (firstId === undefined || encoded === undefined || tag === undefined) return null
      const name = Buffer.from(encoded, 'base64url').toString()
      if (Buffer.from(name).toString('base64url') !== encoded) return null
      return timingSafeEqual(Buffer.from(tag), Buffer.from(tagOf(firstId, name))) ? { firstId, name } : null
    },
  }
}
