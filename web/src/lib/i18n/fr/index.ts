/** docs/understand/glossary.md lists the French terms. */

import alerts from './alerts.json' with { type: 'json' }
import app from './app.json' with { type: 'json' }
import common from './common.json' with { type: 'json' }
import configure from './configure.json' with { type: 'json' }
import connections from './connections.json' with { type: 'json' }
import decisions from './decisions.json' with { type: 'json' }
import editor from './editor.json' with { type: 'json' }
import errors from './errors.json' with { type: 'json' }
import examples from './examples.json' with { type: 'json' }
import lib from './lib.json' with { type: 'json' }
import network from './network.json' with { type: 'json' }
import people from './people.json' with { type: 'json' }
import runs from './runs.json' with { type: 'json' }
import schedules from './schedules.json' with { type: 'json' }
import senders from './senders.json' with { type: 'json' }
import settings from './settings.json' with { type: 'json' }
import system from './system.json' with { type: 'json' }
import tasks from './tasks.json' with { type: 'json' }
import trials from './trials.json' with { type: 'json' }
import workflows from './workflows.json' with { type: 'json' }

type Words = Readonly<Record<string, string>>

export const PARTS: readonly Words[] = [
  alerts,
  app,
  common,
  configure,
  connections,
  decisions,
  editor,
  errors,
  examples,
  lib,
  network,
  people,
  runs,
  schedules,
  senders,
  settings,
  system,
  tasks,
  trials,
  workflows,
]

export const FRENCH: Words = Object.assign({}, ...PARTS)
