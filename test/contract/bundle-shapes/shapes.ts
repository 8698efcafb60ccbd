/** Functions that decide, as combinations of what real functions do. The same number has the same shape. */

import type { Version } from '../../../src/domain/workflows/workflow.ts'
import { declaring } from '../../helpers/wheels.ts'
import { PARTS } from './parts.ts'

/** Why a replay may differ. */
export type Cause = 'chance' | 'unrecorded' | 'redacted' | 'index'

type Language = 'python' | 'script'
type Values = Readonly<Record<string, unknown>>

export type Shape = {
  readonly language: Language
  readonly source: string
  readonly files: Version['files']
  readonly settings: Values
  readonly request: Values
  /** The fields of the workflow. */
  readonly fields: Values
  readonly isPull: boolean
  readonly isOverseen: boolean
  /** Whether the next decision of the chain is erased. */
  readonly isNextErased: boolean
  readonly causes: readonly Cause[]
  /** For messages. */
  readonly parts: readonly string[]
}

const NAMES = Object.keys(PARTS)
const OVERSIGHT = { outcomes: ['invite', 'reject'], reviewers: ['lea@example.com'], within: '7d' }
const REDACTIONS = [
  { path: 'body.name', in: ['request'], with: 'mask' },
  { path: 'body.name', in: ['request'], with: 'hash' },
  { path: 'body.nested', in: ['request'], with: 'drop' },
  { detector: 'email', in: ['request', 'answer', 'logs'], with: 'mask' },
  // The last rule changes recorded calls only.
  { detector: 'email', in: ['logs'], with: 'hash' },
] as const

export function shapeOf(index: number, url: string): Shape {
  const draw = drawer(index)
  const has = (share: number): boolean => draw() < share
  const language = index % 2 === 0 ? 'python' : 'script'
  const names = NAMES.filter((name) => has(PARTS[name]?.isRandom ? 0.05 : 0.35))
  const [hasPackages, isPull, isOverseen, isRecorded, isRedacted] = [has(0.1), has(0.15), has(0.2), has(0.9), has(0.1)]
  // An environment of the declared packages has no requests.
  const parts = names.filter((name) => !hasPackages || !PARTS[name]?.[language].includes('requests.'))
  const called = parts.some((name) => PARTS[name]?.isCall)
  const rules = REDACTIONS.slice(0, called && isRecorded && !isOverseen ? undefined : -1)
  const redact = rules[Math.floor(draw() * rules.length)]
  const request = requestOf(url, Math.floor(draw() * 10), has(0.1))
  const form: Form = { language, parts, isPull, hasPackages, isSecond: has(0.3) }
  const chance = parts.some((name) => [true, language].includes(PARTS[name]?.isRandom ?? false))
  const causes = {
    chance,
    unrecorded: called && !isRecorded,
    redacted: isRedacted && !isPull,
    index: hasPackages,
  }
  return {
    language,
    source: sourceOf(form),
    files: FILES[language],
    settings: { least: 5, list: ['a', { b: null }], ...(isPull && { request }) },
    request,
    fields: {
      record_outbound: isRecorded,
      ...(language === 'script' && { runtime: 'node24' }),
      ...(isOverseen && { decisions: { oversight: OVERSIGHT } }),
      ...(causes.redacted && { privacy: { redact: [redact] } }),
    },
    isPull,
    isOverseen,
    isNextErased: has(0.15) && !isPull,
    causes: (Object.keys(causes) as Cause[]).filter((name) => causes[name]),
    parts: [
      ...parts,
      ...(hasPackages ? ['declared'] : []),
      ...(isPull ? ['pull'] : []),
      ...(isOverseen ? ['overseen'] : []),
    ],
  }
}

const requestOf = (base: string, years: number, isLarge: boolean): Values => ({
  base,
  name: 'Ada Lovelace é',
  email: 'ada@example.com',
  years,
  nested: { list: [1, 2, { three: 3 }] },
  ...(isLarge && { cv: 'Zoë 日本 😀 '.repeat(12_000) }),
})

type Form = {
  readonly language: Language
  readonly parts: readonly string[]
  readonly isPull: boolean
  readonly hasPackages: boolean
  /** Whether the run decides twice. */
  readonly isSecond: boolean
}

const FILES: Readonly<Record<Language, Version['files']>> = {
  python: { 'lib/rules.py': 'def fits(years, least):\n    return years >= least\n' },
  script: {
    'lib/rules.ts': 'export const fits = (years: number, least: number): boolean => years >= least\n',
  },
}

/** Modules that are imported only if they are used, because notes name imports too. */
const MODULES = ['random', 'uuid', 'time', 'requests']

const PYTHON = `import asyncio, hashlib, json, os, subprocess, sys, tempfile, urllib.request
from concurrent.futures import ThreadPoolExecutor
from workflows import decide, step, StepError
from lib.rules import fits
`
const SCRIPT = `import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decide, step } from 'workflows'
import { fits } from './lib/rules.ts'
`

const sourceOf = (form: Form): string => (form.language === 'python' ? pythonOf(form) : scriptOf(form))

function pythonOf({ parts, isPull, hasPackages, isSecond }: Form): string {
  const all = parts.map((name) => PARTS[name]?.python).join('\n')
  const used = MODULES.filter((name) => all.includes(`${name}.`))
  const imports = [...used, ...(hasPackages ? ['tidy_cv'] : [])].map((name) => `import ${name}\n`).join('')
  const first = isSecond ? 'decide(_request["name"], "invite", name="first", reasons=["a start"])\n' : ''
  const body = `${isPull ? '_request = settings["request"]\n' : ''}seen = [${hasPackages ? 'tidy_cv.VERSION' : ''}]
${all}
${first}outcome = decide(
    _request["email"], "invite" if fits(_request["years"], settings["least"]) else "reject",
    reasons=["%s years" % _request["years"], "été"],
    inputs={"seen": seen, "nested": _request["nested"], "cv": len(_request.get("cv", "")), "name": _request["name"]},
    model={"name": "rules", "version": "1"}, score=_request["years"] / 10)
return ${isPull ? 'outcome' : '{"status_code": 200, "body": outcome}'}`
  const head = `def workflow(${isPull ? '' : '_request, '}settings):`
  const source = `${PYTHON}${imports}\n${head}\n${body.replace(/^/gm, '    ')}\n`
  return hasPackages ? declaring(['tidy-cv'], source) : source
}

function scriptOf({ parts, isPull, hasPackages, isSecond }: Form): string {
  const first = isSecond
    ? "await decide({ subject: request.email, outcome: 'invite', name: 'first', reasons: ['a start'] })\n"
    : ''
  return `${SCRIPT}${hasPackages ? "import version from 'npm:greet@^1'\n" : ''}
export default async function workflow(${isPull ? '' : 'request, '}settings) {
${isPull ? 'const request = settings.request\n' : ''}const seen: unknown[] = [${hasPackages ? 'version' : ''}]
${parts.map((name) => PARTS[name]?.script).join('\n')}
${first}const outcome = await decide({
  subject: request.email,
  outcome: fits(request.years, settings.least) ? 'invite' : 'reject',
  reasons: [request.years + ' years', 'été'],
  inputs: { seen, nested: request.nested, cv: request.cv?.length ?? 0, name: request.name },
  model: { name: 'rules', version: '1' },
  score: request.years / 10,
})
return ${isPull ? 'outcome' : '{ status_code: 200, body: outcome }'}
}
`
}

/** Returns numbers from 0 to 1 that depend on the seed only. */
export function drawer(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b1
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
