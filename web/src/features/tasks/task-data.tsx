import { Anchor, Text } from '@mantine/core'
import { type JsonText, prettyJson } from '../../lib/client/api.ts'
import { visible } from '../../lib/text.ts'

/** Other addresses, such as `javascript:`, are text. */
const LINK = /(https?:\/\/[^\s"'<>\\]{1,2000})/

/** Shows the data of a task as text: its members, if it is an object, and JSON otherwise. */
export function TaskData({ json }: { json: JsonText | null }) {
  if (json === null) return null
  if (rawJson === undefined) return <Value text={prettyJson(json)} />
  const value: unknown = JSON.parse(json, keepNumber)
  const members = membersOf(value)
  if (members === null) return <Value text={textOf(value)} />
  return (
    <dl style={{ margin: 0 }}>
      {members.map(([name, text]) => (
        <div key={name} style={{ marginBottom: 6 }}>
          <Text component="dt" size="sm" c="dimmed" className="wrap">
            {visible(name)}
          </Text>
          <dd style={{ margin: 0 }}>
            <Value text={text} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Undefined in browsers before 2025. */
const rawJson: ((text: string) => object) | undefined = Reflect.get(JSON, 'rawJSON')
const isRawJson: (value: unknown) => boolean = Reflect.get(JSON, 'isRawJSON')

/** JavaScript may not represent a number, so its text is kept. */
const keepNumber = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined ? rawJson?.(context.source) : value

/** Null if it is no object. */
function membersOf(value: unknown): readonly (readonly [string, string])[] | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isRawJson(value)) return null
  return Object.entries(value).map(([name, one]) => [name, textOf(one)])
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
