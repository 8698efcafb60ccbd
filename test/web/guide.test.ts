/** The guides in the app and behind its help, in English and in French. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Block, readBlocks, readInline } from '../../web/src/lib/ui/help/markdown.ts'

const read = (name: string) => readBlocks(readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8'))
const shapeOf = (block: Block) => {
  // Comments are in the page's language.
  if (block.type === 'code') return block.text.replaceAll(/ +# .*$/gm, '')
  if (block.type === 'table') return `table of ${block.rows.length}`
  return block.type === 'heading' ? `heading ${block.level}` : block.type
}

const SHOWN = ['guides/functions.md', 'guides/javascript.md']

for (const name of [...SHOWN, 'guides/lasting.md', 'guides/decisions.md']) {
  test(`${name} in French has the parts and the code of the English page`, () => {
    assert.deepEqual(read(`fr/${name}`).map(shapeOf), read(name).map(shapeOf))
  })
}

test('all of the Markdown in the shown guides is understood', () => {
  for (const name of SHOWN.flatMap((name) => [name, `fr/${name}`])) {
    const shown = read(name).filter(({ type }) => type !== 'code')
    const texts = JSON.stringify(shown).matchAll(/"type":"text","text":"((?:[^"\\]|\\.)*)"/g)
    for (const [, text = ''] of texts) assert.doesNotMatch(text, /[`|]|\*\*|\]\(|^#/, name)
  }
})

test('the parts of a line and of a list are read', () => {
  assert.deepEqual(readInline('a `b|c` **d** *e* [f](g.md).'), [
    { type: 'text', text: 'a ' },
    { type: 'code', text: 'b|c' },
    { type: 'text', text: ' ' },
    { type: 'strong', text: 'd' },
    { type: 'text', text: ' ' },
    { type: 'em', text: 'e' },
    { type: 'text', text: ' ' },
    { type: 'link', text: 'f', to: 'g.md' },
    { type: 'text', text: '.' },
  ])
  assert.deepEqual(readBlocks('- one\n  more\n- two'), [
    { type: 'list', items: [[{ type: 'text', text: 'one more' }], [{ type: 'text', text: 'two' }]] },
  ])
})
