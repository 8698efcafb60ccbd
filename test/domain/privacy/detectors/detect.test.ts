import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { detect, newBudget } from '../../../../src/domain/privacy/detectors/detect.ts'
import type { Detector } from '../../../../src/domain/privacy/detectors/detector.ts'
import { DETECTORS, measure, readCorpus, table } from './corpus.ts'

const find = (detector: Detector, text: string, name = ''): readonly string[] =>
  detect(detector, { text, name }, newBudget(2026)).map(({ start, end }) => text.slice(start, end))

/** What the detectors reach on the corpus. A change may improve these counts, and then lowers them here. */
const MOST: Readonly<Record<Detector, { readonly missed: number; readonly wrong: number }>> = {
  email: { missed: 3, wrong: 1 },
  phone: { missed: 0, wrong: 3 },
  iban: { missed: 0, wrong: 0 },
  national_id: { missed: 2, wrong: 0 },
  birth_date: { missed: 3, wrong: 3 },
}

describe('the corpus of letters, CVs, logs and bodies', () => {
  const corpus = readCorpus()
  const measures = DETECTORS.map((detector) => measure(detector, corpus))

  for (const { detector, marks, missed, wrong } of measures) {
    test(`Z3-33 Z3-37 Z3-38 ${detector} finds what is marked and little else`, () => {
      assert.ok(marks >= 20, `only ${marks} marks`)
      assert.deepEqual(
        { missed: missed.length, wrong: wrong.length },
        MOST[detector],
        JSON.stringify({ missed, wrong }),
      )
    })
  }

  test('the measurements have the table of these counts', () => {
    const page = readFileSync(new URL('../../../../docs/evidence/measurements.md', import.meta.url), 'utf8')
    assert.ok(page.includes(table(measures)), table(measures))
  })
})

test('Z3-33 an IBAN is found whatever follows it', () => {
  const iban = 'DE89370400440532013000'
  const grouped = 'FR76 3000 6000 0112 3456 7890 189'
  for (const value of [iban, iban.toLowerCase(), grouped, grouped.replaceAll(' ', '-')]) {
    for (const after of [
      '',
      ' please',
      ' BIC COBADEFFXXX',
      '; thanks',
      '\nBIC COBADEFFXXX',
      '/BIC',
      ' 12 3',
      ' 4012',
    ]) {
      assert.deepEqual(find('iban', `pay to ${value}${after}`), [value], after)
    }
  }
  assert.deepEqual(find('iban', `IBAN${iban}`), [iban])
  for (const longer of [`${iban}4`, `${iban}X`, `X${iban}`, `_${iban}`]) assert.deepEqual(find('iban', longer), [])
})

test('Z3-37 addresses of the internet, versions, dates and amounts are no phone numbers', () => {
  const texts = [
    '192.168.100.200 192.168.1.1 172.16.254.1 203.0.113.195 52.95.110.1 216.58.214.206',
    '10.0.0.1/24 203.0.113.7:8080 [2001:db8:85a3::8a2e:370:7334] ::ffff:192.0.2.128',
    'Chrome/120.0.6099.129 build 10.0.19045.4046 v2024.11.28.1530',
    '2015-2019 09/2015-06/2019 25.11.2026 10 2026-11-25 10:00:00',
    '1.234.567,89 € 12 345 678 EUR 45 000 000 -48.856614 2.3522219',
    'INV-2026-0012345 id 612 345 678 SIREN 732 829 320, card 4111 1111 1111 1111',
  ]
  for (const text of texts) assert.deepEqual(find('phone', text), [], text)
})

test('a label or the name of a field makes digits a phone number', () => {
  assert.deepEqual(find('phone', 'Tel: 612345678'), ['612345678'])
  assert.deepEqual(find('phone', 'Tlf. 91.234.56.78'), ['91.234.56.78'])
  assert.deepEqual(find('phone', '33612345678', 'mobile_phone'), ['33612345678'])
  assert.deepEqual(find('phone', '33612345678', 'candidate_id'), [])
})

test('numbers in a row are found one by one', () => {
  assert.deepEqual(find('phone', '06 12 34 56 78 '.repeat(4)), Array(4).fill('06 12 34 56 78'))
})

test('Z3-38 versions of packages are no e-mail addresses', () => {
  const texts = ['npm:@scope/name@1.2.3', 'pandas@2.2.3', 'zod@4.1.0-rc.one', 'actions/checkout@v4.1.1', 'logo@2x.png']
  for (const text of texts) assert.deepEqual(find('email', text), [], text)
  const found = ['a.b+c@example.com', 'ANA@EXAMPLE.COM', 'zoé@exämple.fr', 'x@sub.163.com', 'x@xn--exmple-cua.xn--p1ai']
  for (const value of found) assert.deepEqual(find('email', `<${value}>.`), [value])
  assert.deepEqual(find('email', 'https://example.com/?email=ana%40example.com&b=1'), ['ana%40example.com'])
})

test('beyond the budget every candidate counts as found', () => {
  for (const [detector, text] of [
    ['phone', '11 1 12 1 '],
    ['phone', '0612345678 '],
    ['iban', 'DE89370400440532013001 '],
    ['national_id', '12345678901 '],
  ] as const) {
    const found = find(detector, text.repeat(20_000))
    assert.ok(found.length > 0, detector)
    assert.ok(
      found
        .at(-1)
        ?.trim()
        .endsWith(text.trim().at(-1) ?? ''),
      detector,
    )
  }
})
