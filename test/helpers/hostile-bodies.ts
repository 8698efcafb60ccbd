/** Deep, large or numerous values, or bodies that do not match their headers. */

import { gzipSync } from 'node:zlib'

export type HostileBody = {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const MIB = 1024 * 1024
const JSON_TYPE = { 'content-type': 'application/json' }
const TYPES = { zip: 'application/zip', text: 'text/plain', form: 'application/x-www-form-urlencoded' } as const

const MEMBERS = Array.from({ length: 60_000 }, (_, index) => `"m${index}":0`).join()

/** `fields` are names that the route accepts, so that the texts reach its own code. */
export function hostileBodies(fields: readonly string[]): readonly HostileBody[] {
  const each = (value: string) => `{${fields.map((field) => `${JSON.stringify(field)}:${value}`).join()}}`
  const json = (name: string, body: string | Buffer): HostileBody => ({
    name,
    headers: JSON_TYPE,
    body: Buffer.from(body),
  })
  return [
    ...ALIKE,
    json('60,000 blanks in each field', each(`"A${' '.repeat(60_000)}B"`)),
    json('64 KiB of one character in each field', each(`"${'}'.repeat(64 * 1024 - 100)}"`)),
    json('60,000 members in each field', each(`{${MEMBERS}}`)),
    json('each field 5,000 times', `{${fields.map((field) => `"${field}":1,`.repeat(5000)).join('')}"a":1}`),
    json('prototypes', `{"__proto__":${each('{}')},"constructor":{"prototype":${each('{}')}}}`),
    json('numbers beyond all bounds', each(`[1e400,-1e400,${'9'.repeat(400)}]`)),
    json('lone surrogates', each('"\\ud800\\udfff\\udfff"')),
    json('NUL and control characters', each('"a\\u0000b\\u001b[2J\\r\\n"')),
  ]
}

/** Bodies for all routes are made once. */
const ALIKE: readonly HostileBody[] = [
  { name: '1 MiB of brackets', headers: JSON_TYPE, body: Buffer.from('['.repeat(MIB)) },
  { name: '200,000 objects in each other', headers: JSON_TYPE, body: Buffer.from('{"a":'.repeat(200_000)) },
  {
    name: '400,000 members',
    headers: JSON_TYPE,
    body: Buffer.from(`{${Array.from({ length: 400_000 }, (_, index) => `"m${index}":0`).join()}}`),
  },
  { name: 'a name of 1 MiB', headers: JSON_TYPE, body: Buffer.from(`{"${'n'.repeat(MIB)}":1}`) },
  { name: '1 MiB of line breaks', headers: JSON_TYPE, body: Buffer.from(`${'\n'.repeat(MIB)}x`) },
  { name: 'bytes that are not UTF-8', headers: JSON_TYPE, body: Buffer.from([0x22, 0xc3, 0x28, 0xff, 0x22]) },
  {
    name: 'half of a gzip',
    headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(MIB, 'a')).subarray(0, 600),
  },
  {
    name: 'a form of 10,000 parts',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    body: Buffer.from(`${'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n'.repeat(10_000)}--b--`),
  },
  {
    name: 'a form of 100,000 fields',
    headers: { 'content-type': TYPES.form },
    body: Buffer.from('a=%41&'.repeat(100_000)),
  },
  { name: '1 MiB of text', headers: { 'content-type': TYPES.text }, body: Buffer.alloc(MIB, 'a') },
  { name: '1 MiB that is no ZIP', headers: { 'content-type': TYPES.zip }, body: Buffer.alloc(MIB, 'PK\x05\x06') },
  { name: 'nothing, as JSON', headers: JSON_TYPE, body: Buffer.alloc(0) },
]
