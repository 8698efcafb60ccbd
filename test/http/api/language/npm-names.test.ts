/** The names under which TypeScript looks for packages. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNpmNames } from '../../../../src/http/api/language/npm-names.ts'

test('a specifier becomes a name without a colon, of one length, and comes back', () => {
  const { hide, show, links } = createNpmNames('/p')
  const written = `import a from 'npm:zod@4/mini'
import b from "npm:@team/a@>=1 <3"
await import(\`npm:/zod@4.1\`)
import c from 'npm:zod@4'
`
  const hidden = `import a from 'npm+zod@4/mini'
import b from "npm+@team+a@>=1 <3"
await import(\`npm++zod@4.1\`)
import c from 'npm+zod@4'
`
  assert.deepEqual(hide([written]), [hidden])
  assert.equal(show(hidden), written)
  assert.equal(show('{"message":"npm+@team+a@\\u003e=1 \\u003c3"}'), '{"message":"npm:@team/a@\\u003e=1 \\u003c3"}')
  assert.deepEqual(links(), {
    'node_modules/npm+zod@4': { link: '/p/node_modules/zod' },
    'node_modules/@types/npm+zod@4': { link: '/p/node_modules/@types/zod' },
    'node_modules/npm+@team+a@>=1 <3': { link: '/p/node_modules/@team/a' },
    'node_modules/@types/npm+@team+a@>=1 <3': { link: '/p/node_modules/@types/team__a' },
    'node_modules/npm++zod@4.1': { link: '/p/node_modules/zod' },
    'node_modules/@types/npm++zod@4.1': { link: '/p/node_modules/@types/zod' },
  })
})

test('what is no specifier of a package stays as it is', () => {
  const { hide, links } = createNpmNames('/p')
  for (const text of ["'npm:zod'", "'npm:../../etc@1'", "'npm:a@latest'", "'npm:a@1", '`npm:$x@1`', "'zod'"])
    assert.deepEqual(hide([text]), [text])
  assert.deepEqual(links(), {})
})
