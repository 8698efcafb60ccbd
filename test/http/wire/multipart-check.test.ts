import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { assertMultipart } from '../../../src/http/wire/multipart-check.ts'

const FIELD = 'Content-Disposition: form-data; name="a"'
const check = (body: string, boundary = 'x') => assertMultipart(Buffer.from(body), boundary)
const refused = (body: string, what: RegExp, boundary?: string) =>
  assert.rejects(
    () => check(body, boundary),
    (error) => error instanceof UserError && error.code === 'invalid_body' && what.test(error.message),
  )

test('well-formed bodies pass', async () => {
  await check(`--x\r\n${FIELD}\r\n\r\nv\r\n--x--\r\n`)
  await check(`--x\r\n${FIELD}\r\n\r\nv\r\n--x--`)
  await check(
    `preamble\r\n--x \t\r\n${FIELD}; filename="a;b.pdf"\r\nContent-Type: text/plain\r\n\r\n\r\n--x--\r\nepilogue`,
  )
  await check(`--x\r\n${FIELD}\r\n\r\n\r\n--x--\r\n`)
  await check('--x--\r\n')
  await check(`--x\r\nCONTENT-DISPOSITION: form-data; NAME=a\r\n\r\nv\r\n--x--`)
})

test('what the sandbox could not read is refused here, where there is no run yet', async () => {
  const field = (header: string, content: string | Buffer = 'v') =>
    assertMultipart(
      Buffer.concat([Buffer.from(`--x\r\n${header}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n--x--')]),
      'x',
    )
  const disposition = 'Content-Disposition: form-data'
  const latin = Buffer.from([0xe9])
  await field(`${disposition}; name="a"; filename="f"`, latin)
  await field(`${disposition}; name="a"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf`, latin)
  await field(`${disposition}; name="a"; filename*=iso-8859-1''r%E9sum%E9.pdf`)
  await field(`${disposition};\r\n name="a"`)
  const wrong: readonly (readonly [string, Buffer | string, RegExp])[] = [
    [`${disposition}; name="a"`, latin, /not UTF-8/],
    [`${disposition}; name*=UTF-8''a`, 'v', /with a name/],
    [`${disposition}; filename="name=a"`, 'v', /with a name/],
    [`${disposition}x; name="a"`, 'v', /with a name/],
    [`${disposition}; name="a"; filename*=rot13''abc`, 'v', /filename\*/],
    [`${disposition}; name="a"; filename*=UTF-8''%E9`, 'v', /filename\*/],
    [`${disposition}; name="a"; filename*=abc`, 'v', /filename\*/],
  ]
  for (const [header, content, what] of wrong) {
    await assert.rejects(
      () => field(header, content),
      (error) => error instanceof UserError && what.test(error.message),
      header,
    )
  }
})

const MIB = 1024 * 1024
const LONG: Readonly<Record<string, string>> = {
  'almost a boundary': `--x\r\n${FIELD}\r\n\r\n${'\r\n--'.repeat(2 * MIB)}\r\n--x--`,
  'almost a boundary before the first part': `${'\r\n--'.repeat(2 * MIB)}\r\n--x--`,
  'blanks after a boundary': `--x${' '.repeat(8 * MIB)}\r\n${FIELD}\r\n\r\nv\r\n--x--`,
}
for (const [name, body] of Object.entries(LONG)) {
  test(`Z3-97 a large body lets other work through: ${name}`, async () => {
    let turns = 0
    const immediate = setImmediate(function count() {
      turns += 1
      setImmediate(count).unref()
    })
    await check(body)
    clearImmediate(immediate)
    assert.ok(turns >= 10, `${turns} turns`)
  })
}

test('a boundary is found wherever a pause is', async () => {
  const prefix = `--x\r\n${FIELD}\r\n\r\n`
  for (let length = 128 * 1024 - 8; length < 128 * 1024 + 8; length += 1)
    await check(`${prefix}${'v'.repeat(length)}\r\n--x\r\n${FIELD}\r\n\r\n${'v'.repeat(length)}\r\n--x--`)
})

test('a boundary in the middle of a line is content', async () => {
  await check(`--x\r\n${FIELD}\r\n\r\nabc--x--\r\n--x--\r\n`)
})

test('H37 to H40 broken bodies say what is wrong', async () => {
  await refused('', /does not contain its boundary/)
  await refused('--y--', /does not contain its boundary/)
  await refused('--xy\r\n', /right after a boundary/)
  await refused(`--x\n${FIELD}\n\nv\n--x--`, /right after a boundary/)
  await refused(`--x\r\n${FIELD}\r\n\r\nv`, /middle of a part/)
  await refused(`--x\r\n${FIELD}\r\n`, /header of a part does not end/)
  await refused('--x\r\n\r\nv\r\n--x--', /./)
  await refused('--x\r\nContent-Type: text/plain\r\n\r\nv\r\n--x--', /Content-Disposition/)
  await refused('--x\r\nContent-Disposition: attachment; name="a"\r\n\r\nv\r\n--x--', /Content-Disposition/)
  await refused(`--x\r\n${FIELD}\r\n${FIELD}\r\n\r\nv\r\n--x--`, /Content-Disposition/)
  await refused(`--x\r\n${FIELD}\r\nno colon\r\n\r\nv\r\n--x--`, /an invalid line/)
  await refused('--x--', /boundary of 1 to 70/, '')
  await refused('--x--', /boundary of 1 to 70/, 'x'.repeat(71))
  await refused('--x--', /boundary of 1 to 70/, 'x ')
})

test('H41 more than 1,000 parts are too many', async () => {
  const parts = (count: number) => `${`--x\r\n${FIELD}\r\n\r\n\r\n`.repeat(count)}--x--`
  await check(parts(1000))
  await assert.rejects(
    () => check(parts(1001)),
    (error) => error instanceof UserError && error.code === 'payload_too_large',
  )
})
