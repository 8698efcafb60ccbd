/** Handlers of HrFlow's webhooks, which send no request. */

const SIGNATURE_HEADER = 'HTTP-HRFLOW-SIGNATURE'
const HEX = /^(?:[0-9a-f]{2})+$/

export function webhookMethods(secret) {
  const handlers = new Map()
  return {
    setHandler: ({ eventName, callback }) => {
      if (typeof callback !== 'function') throw new TypeError('setHandler: expected a function as callback')
      handlers.set(eventName, callback)
    },
    isHandlerPresent: ({ eventName }) => handlers.has(eventName),
    removeHandler: ({ eventName }) => {
      handlers.delete(eventName)
    },
    /** Rejects if the signature is wrong. Otherwise calls the handler of the event, if there is one. */
    handle: async ({ requestHeaders = {}, signatureHeader } = {}) => {
      if (!secret) throw new TypeError('handle: new Hrflow() got no webhookSecret')
      const event = await decode(signatureHeader ?? findHeader(requestHeaders), secret)
      if (event.type === undefined) throw new Error('The webhook has no field type')
      await handlers.get(event.type)?.(event, event.type)
    },
  }
}

function findHeader(headers) {
  const entries = typeof headers.entries === 'function' ? [...headers.entries()] : Object.entries(headers)
  const found = entries.find(([name]) => name.toUpperCase() === SIGNATURE_HEADER)
  if (found === undefined) throw new Error(`The request has no header ${SIGNATURE_HEADER}`)
  return found[1]
}

/** The header is `SIGNATURE.PAYLOAD`, both in base64url. The signature is the hexadecimal HMAC of the payload. */
async function decode(header, secret) {
  const [encodedSignature, encodedPayload] = String(header).split('.')
  if (encodedPayload === undefined) throw new Error(`The header ${SIGNATURE_HEADER} has no signature`)
  const [signature, payload] = [fromBase64(encodedSignature), fromBase64(encodedPayload)]
  const hex = new TextDecoder().decode(signature)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['verify'])
  const digest = HEX.test(hex)
    ? Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16))
    : new Uint8Array()
  if (!(await crypto.subtle.verify('HMAC', key, digest, payload)))
    throw new Error('The signature of the webhook is wrong')
  return JSON.parse(new TextDecoder().decode(payload))
}

function fromBase64(text) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
