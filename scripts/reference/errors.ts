import { FAILURE_STATUS_CODES } from '../../src/domain/runs/run.ts'
import { CATALOGUE } from '../../src/error-codes.ts'
import { ENDINGS } from '../../src/http/hooks/run-answer.ts'
import { table } from './table.ts'

export function describeErrors(): string {
  const calls = Object.entries(CATALOGUE).map(([code, { status, cause, mend }]) => [
    `\`${code}\``,
    String(status),
    cause,
    mend,
  ])
  const runs = Object.entries(ENDINGS).map(([code, { what, mend }]) => {
    const status = FAILURE_STATUS_CODES[code as keyof typeof ENDINGS]
    return [`\`${code}\``, String(status), `${what}.`, mend]
  })
  return [
    '## Codes of calls',
    table(['code', 'status', 'cause', 'what to do'], calls),
    '## Codes of runs',
    'The status is what the caller of a hook gets.',
    table(['code', 'status', 'cause', 'what to do'], runs),
  ].join('\n\n')
}
