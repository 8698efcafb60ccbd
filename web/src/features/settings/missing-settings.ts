import { exampleWithSource } from '../../lib/examples.ts'

export type MissingSetting = { name: string; secret: boolean }

const READ = /\bsettings\[\s*(["'])([^"'\\\n]+)\1\s*\](?!\s*=[^=])/g
const SOUNDS_SECRET = /SECRET|TOKEN|PASSWORD|PASSWD|API_KEY|PRIVATE/i

/** Properties that the code reads by `settings["NAME"]` and that are not set: a call would end in a KeyError. */
export function missingSettings(source: string, existing: ReadonlySet<string>): MissingSetting[] {
  const example = exampleWithSource(source)
  const names = new Set([...source.matchAll(READ)].map((match) => match[2] ?? ''))
  return [...names]
    .filter((name) => name !== '' && name !== '__workflow_id' && !existing.has(name))
    .map((name) => ({
      name,
      secret: example?.properties.find((property) => property.name === name)?.secret ?? SOUNDS_SECRET.test(name),
    }))
}
