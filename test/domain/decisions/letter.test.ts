import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explanationLetter, type LetterFacts } from '../../../src/domain/decisions/letter.ts'

const FACTS: LetterFacts = {
  outcome: 'reject',
  at: Date.UTC(2026, 10, 1),
  reasons: ['Moins de 5 ans d’expérience'],
  proposed: 'later',
  model: { name: 'ranker', version: '3' },
  inputs: ['/candidate/years_experience', '/skills'],
  tried: 120,
  sender: 'Léa Martin',
  changes: [
    {
      outcome: 'invite',
      fields: [{ path: '/candidate/years_experience', old: 3, new: 5.5, origin: { from: 'type' } }],
    },
    {
      outcome: 'invite',
      fields: [
        { path: '/skills', old: ['sql'], new: ['sql', 'python'], origin: { from: 'other', count: 9 } },
        { path: '/city', old: 'Lyon', new: 'Vaulx-en-Velin', origin: { from: 'other', count: 1 } },
      ],
    },
  ],
}

test('the French letter says what was decided, by whom, why, and what would have changed it', () => {
  const letter = explanationLetter(FACTS, 'fr')
  for (const part of [
    'Le 1er novembre 2026, nous avons pris une décision vous concernant\u00a0: «\u00a0reject\u00a0»',
    'Un programme informatique a proposé «\u00a0later\u00a0». Une personne a examiné cette proposition',
    'La proposition aurait été différente dans les cas suivants\u00a0:',
    '- Moins de 5 ans d’expérience',
    'candidate › years experience, skills',
    '- candidate › years experience\u00a0: 5,5 au lieu de 3. La proposition aurait été «\u00a0invite\u00a0».',
    'skills\u00a0: avec «\u00a0python\u00a0» en plus et city\u00a0: une autre valeur que «\u00a0Lyon\u00a0»',
    'contester la décision',
    'Léa Martin',
  ])
    assert.ok(letter.includes(part), `${part}\n---\n${letter}`)
  assert.doesNotMatch(letter, / [:;?!»]|« /)
})

test('the English letter says the same', () => {
  const letter = explanationLetter({ ...FACTS, proposed: null }, 'en')
  for (const part of [
    'On 1 November 2026',
    'No person took part in it.',
    'candidate › years experience: 5.5 instead of 3. The outcome would have been “invite”.',
    'contest the decision',
  ])
    assert.ok(letter.includes(part), `${part}\n---\n${letter}`)
})

test('a list reads as its elements', () => {
  const letterOf = (old: unknown, now: unknown, count: number, language: 'en' | 'fr' = 'en') => {
    const fields = [{ path: '/tags', old, new: now, origin: { from: 'other', count } as const }]
    return explanationLetter({ ...FACTS, changes: [{ outcome: 'invite', fields }] }, language)
  }
  assert.match(letterOf(['late', 'part-time'], ['x'], 1), /tags: a different value from “late, part-time”\./)
  assert.match(letterOf([], ['x'], 1), /tags: a value instead of no value\./)
  assert.match(letterOf([], ['x'], 1, 'fr'), /tags\u00a0: une valeur au lieu de rien\./)
  assert.match(letterOf(undefined, 'B', 9, 'fr'), /tags\u00a0: «\u00a0B\u00a0» au lieu de rien\./)
  assert.match(letterOf('none', ['sql', 'r'], 9), /tags: “sql, r” instead of “none”\./)
})

test('a value that few other requests have is not in the letter', () => {
  for (const language of ['en', 'fr'] as const) assert.doesNotMatch(explanationLetter(FACTS, language), /Vaulx/)
})

test('a letter without a change says how many changes were tried', () => {
  const letter = (tried: number, language: 'en' | 'fr') => explanationLetter({ ...FACTS, changes: [], tried }, language)
  assert.match(letter(119, 'fr'), /119 fois.*Aucune de ces modifications/s)
  assert.match(letter(1, 'fr'), /en modifiant légèrement une de vos informations\. Le résultat n’a pas changé\./)
  assert.match(letter(1, 'en'), /with one small change to your information\. It did not lead/)
  assert.match(letter(0, 'fr'), /rien que nous puissions modifier/)
  assert.match(letter(0, 'en'), /We found nothing in your information that we could change/)
})

test('the letter fits on a page, whatever the function passed', () => {
  const long = 'Lorem ipsum dolor sit amet '.repeat(200)
  const fields = [{ path: `/${long}`, old: long, new: long, origin: { from: 'given' } as const }]
  const letter = explanationLetter(
    {
      ...FACTS,
      outcome: long,
      reasons: Array(20).fill(long),
      inputs: Array(100).fill(`/${long}`),
      changes: Array(30).fill({ outcome: long, fields }),
    },
    'fr',
  )
  assert.ok(letter.length < 4000, `${letter.length}`)
})
