/** Random messages to the socket of the editor's language server: valid ones, and all kinds of hostile ones. */

import { BINARY, CONTINUATION, type Frame, PING, TEXT } from '../helpers/raw-websocket.ts'

/** Returns numbers from 0 to 1, the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const METHODS = ['completion', 'hover', 'signatureHelp', 'definition', 'references', 'documentHighlight', 'rename']
const OTHER = ['initialized', 'completionItem/resolve', '$/cancelRequest', 'workspace/executeCommand', '', '__proto__']
const FIELDS = [
  'jsonrpc',
  'id',
  'method',
  'params',
  'textDocument',
  'uri',
  'position',
  'line',
  'character',
  'text',
] as const
const NUMBERS = ['-1', '1e400', '-1e999', '9'.repeat(400), '1.5', '9007199254740993', '0', '4294967296', '-0']
const STRINGS = [
  '""',
  '"\\ud800"',
  '"\\udfff x"',
  '"\\u0000"',
  '"constructor"',
  `"${' '.repeat(70_000)}"`,
  '"file:///a%"',
  '"é"',
]
const HEADS = [
  'def workflow(',
  'def workflow',
  'async def',
  'export default function',
  'const workflow=function',
  "'npm:a@",
]

export type Place = { readonly root: string; readonly source: string }

/** Returns the frames of one message. */
export function randomMessage(random: () => number, { root, source }: Place): readonly Frame[] {
  const below = (limit: number) => Math.floor(random() * limit)
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T
  const number = () => (below(3) > 0 ? String(below(30)) : pick(NUMBERS))
  const deep = (levels: number) =>
    pick([`${'['.repeat(levels)}${']'.repeat(levels)}`, `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`])
  const wide = (count: number) => `[${Array.from({ length: count }, () => '{"line":0}').join(',')}]`
  const value = () =>
    pick([
      number,
      () => pick(STRINGS),
      () => 'null',
      () => '{}',
      () => '[]',
      () => deep(1 + below(60)),
      () => wide(below(3000)),
      () => '{"toString":1,"__proto__":{"x":1}}',
    ])()
  const uri = () => pick([`"${root}/${source}"`, `"${root}/${source}"`, '"file:///x.py"', pick(STRINGS)])
  const text = () =>
    JSON.stringify(pick(HEADS) + pick([' ', ',', '\n', '\t', '{', "'npm:b@1'", 'a']).repeat(below(200_000)))
  const ask = (broken: string, by: string, id: string) => {
    const field = (name: string, sent: string) => `"${name}":${name === broken ? by : sent}`
    const position = `{${field('line', number())},${field('character', number())}}`
    const params = `{${field('textDocument', `{${field('uri', uri())}}`)},${field('position', position)},"newName":"a"}`
    return `{${field('jsonrpc', '"2.0"')},${field('id', id)},${field('method', `"textDocument/${pick(METHODS)}"`)},${field('params', params)}}`
  }
  const opens = () =>
    `{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":${uri()},"languageId":"x","version":${number()},"text":${text()}}}}`
  const changes = () =>
    `{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":${uri()},"version":${number()}},"contentChanges":[${pick([`{"text":${text()}}`, value()])}]}}`
  const files = () =>
    `{"jsonrpc":"2.0","method":"workflow/files","params":{"source":${text()},"files":{${pick(['', '"lib/a.py":"x = 1"', `"é/../${'a'.repeat(90)}":""`, '"__proto__":{}'])}}}}`
  const reads = () =>
    `{"jsonrpc":"2.0","id":${number()},"method":"workflow/readFile","params":{"uri":${pick(['"file:///etc/passwd"', '"file:///%2e%2e/%00"', uri(), value()])}}}`
  const other = () =>
    `{"jsonrpc":"2.0","id":${pick(['1', '"a"'])},"method":${JSON.stringify(pick(OTHER))},"params":${value()}}`
  const huge = () =>
    `{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":${pick([deep(65 + below(200_000)), wide(10_000 + below(100_000)), JSON.stringify('x'.repeat(300_000))])}}`
  const whole = (sent: string): Frame => ({ opcode: TEXT, payload: Buffer.from(sent) })
  // Most kinds keep the socket open, so that one connection takes many messages.
  const kind = below(100)
  if (kind < 45) return [whole(ask('', '', String(below(100))))]
  if (kind < 58) return [whole(pick([opens, changes])())]
  if (kind < 70) return [whole(ask(pick(FIELDS.slice(3)), value(), '"a"'))]
  if (kind < 76) return [whole(other())]
  if (kind < 80) return [{ opcode: PING, payload: Buffer.alloc(below(126)) }]
  if (kind < 92) return inFragments(ask('', '', '5'), 1 + below(8))
  if (kind < 94) return [whole(pick([files, reads])())]
  if (kind < 96) return [whole(ask(pick(FIELDS), value(), number()))]
  if (kind < 98) return [whole(huge())]
  return [
    pick<Frame>([
      { opcode: BINARY, payload: Buffer.from(opens()) },
      { opcode: TEXT, payload: Buffer.from([0xff, 0xc0, 0x80]) },
      { opcode: CONTINUATION, payload: Buffer.from('x') },
      { opcode: 3, payload: Buffer.alloc(0) },
      { opcode: PING, payload: Buffer.alloc(126) },
      { opcode: TEXT, payload: Buffer.from(opens().slice(0, -3)) },
      { opcode: TEXT, payload: Buffer.alloc(4 * 1024 * 1024 + 1, 0x20) },
    ]),
  ]
}

/** The parts of a message, with a ping between two of them. */
function inFragments(text: string, count: number): readonly Frame[] {
  const bytes = Buffer.from(text)
  const size = Math.ceil(bytes.length / count)
  const parts = Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
  return parts.flatMap((payload, index) => [
    { opcode: index === 0 ? TEXT : CONTINUATION, payload, isFinal: index === parts.length - 1 },
    ...(index === parts.length - 1 ? [] : [{ opcode: PING, payload: Buffer.from('p') }]),
  ])
}
