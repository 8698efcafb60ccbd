/** How a secret may stand in a text: as it is, or as usual code writes it there. */

/** The secret itself and all its spellings, each once or more often. */

export function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  return [secret, ...base64Forms(secret), ...urlForms(secret), json, jsonInAscii(json), ...pythonForms(secret)]
}

/** Whatever stands before it in the same text, such as the name of a user: three bytes are four characters, so there are three forms. */
function base64Forms(secret: string): string[] {
  const forms = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
    const whole = bytes.toString('base64').replace(/=+$/, '')
    // The first and the last character may hold bits of what stands before and behind.
    const isCut = bytes.length % 3 !== 0
    const inside = whole.slice(before === 0 ? 0 : before + 1, isCut ? -1 : undefined)
    return before === 0 ? [whole, inside] : [inside]
  })
  return forms.flat().flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
}

/** As JavaScript and Python encode it: they differ in what they leave as it is, and Python in what it does to a slash. */
function urlForms(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed())
  const strict = encoded.replace(/[!'()*]/g, percent)
  const inPath = strict.replaceAll('%2F', '/')
  const forms = [encoded, strict, inPath].flatMap((form) => [form, form.replaceAll('%20', '+')])
  return forms.flatMap((form) => [form, form.replaceAll('~', '%7E')])
}

/** As Python's `json.dumps` writes it: everything outside ASCII as \uXXXX. */
function jsonInAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (char) => `\\u${hex(char.charCodeAt(0), 4)}`)
}

/** As Python's `repr`, `ascii` and the `repr` of its bytes write it: so it stands in printed dicts and in many messages. */
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

const percent = (char: string): string => `%${hex(char.charCodeAt(0), 2).toUpperCase()}`
const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')
