/** Runs a system call filter like the kernel, over a struct seccomp_data. */

import assert from 'node:assert/strict'

export type FilteredCall = {
  readonly auditArch: number
  readonly number: number
  readonly args: readonly number[]
  readonly onStep?: () => void
}

export function runFilter(program: Buffer, { auditArch, number, args, onStep }: FilteredCall): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(number, 0)
  data.writeUInt32LE(auditArch, 4)
  for (const [index, value] of args.entries()) data.writeUInt32LE(value, 16 + 8 * index)
  let accumulator = 0
  for (let at = 0; at * 8 < program.length; at += 1) {
    onStep?.()
    const code = program.readUInt16LE(at * 8)
    const k = program.readUInt32LE(at * 8 + 4)
    const jump = (yes: boolean): void => {
      at += program.readUInt8(at * 8 + (yes ? 2 : 3))
    }
    if (code === 0x20) accumulator = data.readUInt32LE(k)
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0
    else if (code === 0x05) at += k
    else if (code === 0x15) jump(accumulator === k)
    else if (code === 0x35) jump(accumulator >= k)
    else if (code === 0x45) jump((accumulator & k) !== 0)
    else if (code === 0x06) return k
    else assert.fail(`instruction ${at} has the unknown code ${code}`)
  }
  return assert.fail('the program ends without an answer')
}
