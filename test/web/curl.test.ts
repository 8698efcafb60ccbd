import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestRequest } from '../../web/src/features/workflows/editor/test/test-request.ts'
import { curlCommand } from '../../web/src/features/workflows/overview/curl.ts'

const file = (bytes: string) => ({ name: 'cv.txt', type: 'text/plain', base64: btoa(bytes) })
const request = (bytes: string) =>
  ({
    form: 'multipart',
    query: '',
    headers: '',
    fields: [{ name: 'cv', value: '', file: file(bytes) }],
  }) as unknown as TestRequest

test('the ready curl holds the text of a sample file, which nobody has, and names other files', () => {
  assert.match(
    curlCommand('https://app.test/hooks/k', 'multipart', request('Jane "Doe"')),
    /-F 'cv="Jane \\"Doe\\"";filename=cv\.txt;type=text\/plain'/,
  )
  assert.match(curlCommand('https://app.test/hooks/k', 'multipart', request('\0\x01')), /-F 'cv=@cv\.txt;/)
})
