/** The tree answers as the chain of comparisons that it replaced: every call, with every argument that a rule looks at. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Architecture,
  buildSeccompFilter,
  listRules,
  type Network,
} from '../../../../src/workers/sandbox/seccomp/filter.ts'
import { answer, assemble, encode, type Rule } from '../../../../src/workers/sandbox/seccomp/program.ts'
import { runFilter } from '../../../helpers/run-filter.ts'

const AUDIT_ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 }
const ALLOW = 0x7fff0000
const NOTIFY = 0x7fc00000
const KILL = 0x80000000
const LAST_CALL = 600
/** Around the calls of x32 on x64, and what a tracer writes to skip a call. */
const UNUSUAL = [0x3fffffff, 0x40000000, 0x40000000 + 59, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
const REPORTED = { x64: [42, 50], arm64: [203, 201] }
const IF_AT_LEAST = 0x35
const IF_EQUAL = 0x15

describe('the filter as a tree', () => {
  for (const arch of ['x64', 'arm64'] as const) {
    for (const network of ['own', 'brokered', 'none'] as const) {
      for (const reports of network === 'none' ? [false] : [false, true]) {
        test(`Z01: ${arch}, network ${network}${reports ? ', reporting' : ''}: answers as the chain does`, () => {
          const tree = buildSeccompFilter(network, reports, arch)
          const chain = buildChain(arch, network)
          for (const number of [...Array(LAST_CALL).keys(), ...UNUSUAL]) {
            for (const args of argumentsFor(listRules(arch, network, false), number)) {
              const call = { auditArch: AUDIT_ARCH[arch], number, args }
              const isReported = reports && REPORTED[arch].includes(number)
              const expected = isReported ? NOTIFY : runFilter(chain, call)
              if (runFilter(tree, call) !== expected) assert.fail(`call ${number} with ${args}`)
            }
          }
        })
      }
    }
  }

  test('Z01: kills calls of another architecture', () => {
    for (const arch of ['x64', 'arm64'] as const) {
      for (const auditArch of [0x40000003, 0, 0xffffffff])
        assert.equal(runFilter(buildSeccompFilter('own', false, arch), { auditArch, number: 0, args: [] }), KILL)
    }
  })

  test('Z01: reaches each answer in at most a quarter of the steps', () => {
    assert.ok(countSteps(buildSeccompFilter('own', false, 'x64')) * 4 <= countSteps(buildChain('x64', 'own')))
  })
})

/** One comparison after the other, as filters are usually written. */
function buildChain(arch: Architecture, network: Network): Buffer {
  const rules = listRules(arch, network, false)
  const start = [
    { code: 0x20, k: 4, jt: 0, jf: 0 },
    { code: IF_EQUAL, k: AUDIT_ARCH[arch], jt: 1, jf: 0 },
    { code: 0x06, k: KILL, jt: 0, jf: 0 },
    { code: 0x20, k: 0, jt: 0, jf: 0 },
  ]
  const links = rules.flatMap(({ first, last, lines }) => {
    const body = assemble(lines)
    return first === last
      ? [{ code: IF_EQUAL, k: first, jt: 0, jf: body.length }, ...body]
      : [
          { code: IF_AT_LEAST, k: last + 1, jt: body.length + 1, jf: 0 },
          { code: IF_AT_LEAST, k: first, jt: 0, jf: body.length },
          ...body,
        ]
  })
  return encode([...start, ...links, ...assemble([answer(ALLOW)])])
}

/** Combinations of all constants that the rule of a call compares with, their neighbours, and single bits. */
function argumentsFor(rules: readonly Rule[], number: number): readonly (readonly number[])[] {
  const rule = rules.find(({ first, last }) => first <= number && number <= last)
  const lines = (rule?.lines ?? []).flatMap((line) => (typeof line === 'string' ? [] : [line]))
  const read = [...new Set(lines.filter(({ code }) => code === 0x20).map(({ k }) => (k - 16) / 8))]
  const constants = lines.filter(({ code }) => code !== 0x20 && code !== 0x06).map(({ k }) => k)
  const near = constants.flatMap((k) => [k, k - 1, k + 1, k | 0x80000, ~k]).map((k) => k >>> 0)
  const bits = Array.from({ length: 32 }, (_, bit) => (1 << bit) >>> 0)
  const values = [...new Set([0, 1, 0xffffffff, ...near, ...(read.length > 1 ? [] : bits)])]
  return read.reduce<readonly (readonly number[])[]>(
    (found, index) => found.flatMap((args) => values.map((value) => withArgument(args, index, value))),
    [[0, 0, 0, 0, 0, 0], ...(read.length === 0 ? [Array<number>(6).fill(0xffffffff)] : [])],
  )
}

function withArgument(args: readonly number[], index: number, value: number): readonly number[] {
  return args.map((before, at) => (at === index ? value : before))
}

/** The instructions on the longest way to an answer. */
function countSteps(program: Buffer): number {
  let most = 0
  for (const number of Array(LAST_CALL).keys()) {
    let count = 0
    const onStep = () => {
      count += 1
    }
    runFilter(program, { auditArch: AUDIT_ARCH.x64, number, args: [], onStep })
    most = Math.max(most, count)
  }
  return most
}
