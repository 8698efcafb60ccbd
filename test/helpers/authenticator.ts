/** A software authenticator with the interface of the browser's passkeys. */

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

export type Creation = { challenge: string; rp: { id: string } }
export type Request = { challenge: string; rpId: string }
type Options = {
  /** Whether the authenticator verifies its owner, for example by a PIN. */
  readonly verifies?: boolean
  /** Omitted: no attestation. */
  readonly attestation?: { readonly fmt: string; readonly attStmt: Map<string, unknown> }
  /** Omitted: a random id. */
  readonly id?: Buffer
}

const USER_PRESENT = 1
const USER_VERIFIED = 4
const HAS_CREDENTIAL = 64

/** Has one key, and is used from a page of `origin`. */
export function createAuthenticator(
  origin: string,
  { verifies = true, attestation, id = randomBytes(32) }: Options = {},
) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  let uses = 0

  const dataFor = (rpId: string, flags: number, isVerified = verifies) => {
    uses += 1
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(uses)
    const hash = createHash('sha256').update(rpId).digest()
    return Buffer.concat([hash, Buffer.from([USER_PRESENT | (isVerified ? USER_VERIFIED : 0) | flags]), counter])
  }
  const clientData = (type: string, challenge: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  const answer = (response: object) => {
    const text = id.toString('base64url')
    return { id: text, rawId: text, type: 'public-key', clientExtensionResults: {}, response }
  }
  return {
    id,
    /** A copy of an earlier state has a lower count. */
    setUses: (count: number) => {
      uses = count
    },
    create({ challenge, rp }: Creation) {
      // COSE: EC2, ES256, P-256.
      const key = new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
        [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
      ])
      const credential = [Buffer.alloc(16), Buffer.from([0, id.length]), id, isoCBOR.encode(key)]
      const authData = new Uint8Array(Buffer.concat([dataFor(rp.id, HAS_CREDENTIAL), ...credential]))
      const { fmt, attStmt } = attestation ?? { fmt: 'none', attStmt: new Map() }
      const fields = new Map<string, unknown>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', authData],
      ])
      return answer({
        clientDataJSON: clientData('webauthn.create', challenge).toString('base64url'),
        attestationObject: Buffer.from(isoCBOR.encode(fields as Parameters<typeof isoCBOR.encode>[0])).toString(
          'base64url',
        ),
        transports: ['internal'],
      })
    },
    /** `isVerified`: the owner is verified this time. */
    get({ challenge, rpId }: Request, isVerified = verifies) {
      const data = clientData('webauthn.get', challenge)
      const authData = dataFor(rpId, 0, isVerified)
      const signed = Buffer.concat([authData, createHash('sha256').update(data).digest()])
      return answer({
        clientDataJSON: data.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', signed, privateKey).toString('base64url'),
      })
    },
  }
}
