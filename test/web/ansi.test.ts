import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitColours, withoutColours } from '../../web/src/lib/ui/text/ansi.ts'

test('colours of terminals become parts of a line', () => {
  const text = 'plain \u001b[31;1mred bold\u001b[22m red\u001b[0m \u001b[92mgreen\u001b[m end'
  assert.equal(withoutColours(text), 'plain red bold red green end')
  assert.deepEqual(splitColours(text), [
    { text: 'plain ', colour: null, isBold: false },
    { text: 'red bold', colour: 'red', isBold: true },
    { text: ' red', colour: 'red', isBold: false },
    { text: ' ', colour: null, isBold: false },
    { text: 'green', colour: 'green', isBold: false },
    { text: ' end', colour: null, isBold: false },
  ])
  assert.deepEqual(splitColours('no colours'), [{ text: 'no colours', colour: null, isBold: false }])
})
