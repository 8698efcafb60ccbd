import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resumePdf } from '../../../src/demo/documents/resume.ts'
import { profileOf } from '../../../src/demo/profile.ts'

test('a resume contains its lines unchanged, except for characters that Latin-1 does not have', () => {
  const bytes = resumePdf(['Zoé Martin', 'Nurse (night) \\ team', ')Tj(', 'Ĩŝ'])
  assert.equal(
    /\/Length (\d+)/.exec(bytes.toString('latin1'))?.[1],
    String(bytes.indexOf('\nendstream') - bytes.indexOf('BT ')),
  )
  const { text, info } = profileOf({ name: 'a.pdf', type: 'application/pdf', bytes }, 'source', null, '')
  assert.equal(text, 'Zoé Martin\nNurse (night) \\ team\n)Tj(\n??')
  assert.equal(info.full_name, 'Zoé Martin')
})
