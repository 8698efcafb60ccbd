import assert from 'node:assert/strict'
import { test } from 'node:test'
import { neededSettings } from '../../web/src/features/settings/missing-settings.ts'

const body = (text: string) => neededSettings(`def workflow(_request, settings):\n${text}\n`)

test('a setting that the code reads by its name is needed', () => {
  assert.deepEqual(body('    use(settings["API_KEY"], settings[\'OTHER\'])'), ['API_KEY', 'OTHER'])
  assert.deepEqual(body('    settings["COPY"] = settings["API_KEY"]'), ['API_KEY'])
})

test('a setting that the code can do without is not asked for', () => {
  for (const text of [
    '    settings["A"] = 1\n    print(settings["A"])',
    '    settings["A"] += 1',
    '    del settings["A"]',
    '    if "A" in settings:\n        print(settings["A"])',
    '    if "A" not in settings:\n        return\n    print(settings["A"])',
    '    try:\n        print(settings["A"])\n    except KeyError:\n        pass',
    '    x = settings.get("A", 0)\n    print(settings["A"])',
    '    settings.setdefault("A", 0)\n    print(settings["A"])',
    '    # settings["A"]',
    '    print("""settings["A"]""")',
    '    print(settings["__workflow_id"])',
  ]) {
    assert.deepEqual(body(text), [], text)
  }
})

test('the example of the guide asks for no counter', () => {
  assert.deepEqual(body('    settings["SEEN"] = settings.get("SEEN", 0) + 1\n    print(settings["SEEN"])'), [])
})
