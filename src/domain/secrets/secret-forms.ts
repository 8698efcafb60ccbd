/** The search ignores the case of ASCII letters. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const utf16 = Buffer.from(secret, 'utf16le')
  return [
    ...plainFormsOf(secret),
    secret.toUpperCase(),
    secret.toLowerCase(),
    ...[bytes, utf16, Buffer.from(utf16).swap16()].flatMap(base64Forms),
    ...base32Forms(bytes),
    ...urlForms(secret),
    ...hexForms(bytes),
    ...unitForms(secret),
    ...htmlForms(secret),
  ]
}

export function plainFormsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  return [secret, json, json.replaceAll('/', '\\/'), jsonInAscii(json), ...pythonForms(secret)]
}

/** Three bytes become four characters: a secret inside other text has three forms. */
function base64Forms(secret: Buffer): string[] {
  const forms = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), secret])
    const whole = bytes.toString('base64').replace(/={1,2}$/, '')
    const isCut = bytes.length % 3 !== 0
    const inside = whole.slice(before === 0 ? 0 : before + 1, isCut ? -1 : undefined)
    return before === 0 ? [whole, inside] : [inside]
  })
  return forms.flat().flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
}

function base32Forms(secret: Buffer): string[] {
  const forms = [0, 1, 2, 3, 4].map((before) => {
    const whole = base32(Buffer.concat([Buffer.alloc(before), secret]))
    const isCut = ((before + secret.length) * 8) % 5 !== 0
    const inside = whole.slice(Math.ceil((before * 8) / 5), isCut ? -1 : undefined)
    return before === 0 ? [whole, inside] : [inside]
  })
  return forms.flat()
}

/** RFC 4648, without padding. */
function base32(bytes: Buffer): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    for (; bits >= 5; bits -= 5) text += BASE32.charAt((held >> (bits - 5)) & 31)
    held &= 31
  }
  return bits === 0 ? text : text + BASE32.charAt((held << (5 - bits)) & 31)
}

function hexForms(bytes: Buffer): string[] {
  const pairs = [...bytes].map((byte) => hex(byte, 2))
  return [pairs.join(''), `%${pairs.join('%')}`, `\\x${pairs.join('\\x')}`, pairs.join(':'), pairs.join(' ')]
}

function unitForms(secret: string): string[] {
  return [Array.from({ length: secret.length }, (_, at) => `\\u${hex(secret.charCodeAt(at), 4)}`).join('')]
}

/** Python's `html.escape`, JavaScript's libraries, and all characters as entities. */
function htmlForms(secret: string): string[] {
  const amp = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const quoted = amp.replaceAll('"', '&quot;')
  const points = [...secret].map((char) => char.codePointAt(0) ?? 0)
  return [
    amp,
    quoted,
    ...['&#x27;', '&#39;', '&#039;', '&apos;'].map((quote) => quoted.replaceAll("'", quote)),
    quoted.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
    points.map((point) => `&#${point};`).join(''),
    points.map((point) => `&#x${point.toString(16)};`).join(''),
  ]
}

/** JavaScript and Python escape different characters. Python can keep a slash. */
function urlForms(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed())
  const strict = encoded.replace(/[!'()*]/g, percent)
  const inPath = strict.replaceAll('%2F', '/')
  const forms = [encoded, strict, inPath].flatMap((form) => [form, form.replaceAll('%20', '+')])
  return forms.flatMap((form) => [form, form.replaceAll('~', '%7E')])
}

function jsonInAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (char) => `\\u${hex(char.charCodeAt(0), 4)}`)
}

function pythonForms(secret: string): string[] {
  const escaped = secret.replace(/[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, pythonEscape)
  const bytes = Buffer.from(secret).toString('latin1')
  const forms = [
    escaped,
    escaped.replace(/\P{ASCII}/gu, pythonEscape),
    bytes.replace(/[\\\p{Cc}\P{ASCII}]/gu, pythonEscape),
  ]
  return forms.flatMap((form) => [form, form.replaceAll("'", "\\'")])
}

function pythonEscape(char: string): string {
  const short = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }[char]
  if (short !== undefined) return short
  const code = char.codePointAt(0) ?? 0
  if (code < 0x100) return `\\x${hex(code, 2)}`
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const percent = (char: string): string => `%${hex(char.charCodeAt(0), 2).toUpperCase()}`
const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')
