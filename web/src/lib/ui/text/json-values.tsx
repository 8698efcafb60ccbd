import { Anchor, Text } from '@mantine/core'
import { type JsonText, prettyJson } from '../../client/api.ts'
import { visible } from '../../text.ts'
import classes from './json-values.module.css'

/** Other addresses, such as `javascript:`, are text. */
const LINK = /(https?:\/\/[^\s"'<>\\]{1,2000})/
/** Deeper members are shown as JSON. */
const MAX_DEPTH = 3

type Props = {
  json: JsonText
  /** Replaces a member's own name. */
  nameOf?: (member: string) => string
  /** Indented as the value of another name. */
  isPart?: boolean
}

export function JsonValues({ json, nameOf = visible, isPart = false }: Props) {
  if (rawJson === undefined) return <Value text={prettyJson(json)} />
  const value: unknown = JSON.parse(json, keepNumber)
  if (isPart) return <Member value={value} depth={1} />
  const members = membersOf(value)
  if (members === null) return <Value text={textOf(value)} />
  return (
    <dl style={{ margin: 0 }}>
      {members.map(([name, one]) => (
        <div key={name} style={{ marginBottom: 6 }}>
          <Text component="dt" size="sm" c="dimmed" className="wrap">
            {nameOf(name)}
          </Text>
          <dd style={{ margin: 0 }}>
            <Member value={one} depth={1} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Member({ value, depth }: { value: unknown; depth: number }) {
  const members = depth < MAX_DEPTH ? membersOf(value) : null
  if (members === null || members.length === 0) return <Value text={textOf(value)} />
  return (
    <dl className={classes.members}>
      {members.map(([name, one]) => (
        <div key={name} className={classes.member}>
          <Text component="dt" size="sm" c="dimmed" className="wrap">
            {visible(name)}
          </Text>
          <dd style={{ margin: 0 }}>
            <Member value={one} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Undefined in browsers before 2025. */
const rawJson: ((text: string) => object) | undefined = Reflect.get(JSON, 'rawJSON')
const isRawJson: (value: unknown) => boolean = Reflect.get(JSON, 'isRawJSON')

/** JavaScript may not represent the number. */
const keepNumber = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined ? rawJson?.(context.source) : value

/** Null for other values. */
function membersOf(value: unknown): readonly (readonly [string, unknown])[] | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isRawJson(value)) return null
  return Object.entries(value)
}

/** A list of texts has a line for each. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  const isList = Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')
  return isList ? value.join('\n') : JSON.stringify(value, null, 2)
}

function Value({ text }: { text: string }) {
  return (
    <Text className="wrap" style={{ whiteSpace: 'pre-wrap' }}>
      {text.split(LINK).map((part, index) =>
        index % 2 === 1 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other identity
          <Anchor key={index} href={part} target="_blank" rel="noopener noreferrer">
            {visible(part)}
          </Anchor>
        ) : (
          visible(part)
        ),
      )}
    </Text>
  )
}
