import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Kind } from '../../../src/domain/shared/kind.ts'
import { makeJob, openPool, printed } from '../../helpers/pool.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())

type Bad = { name: string; source: string; detail: RegExp; line: number | null; kind?: Kind }

const BAD: readonly Bad[] = [
  {
    name: 'F01: a syntax error',
    source: 'import os\ndef workflow(_request, settings):\n    return )\n',
    detail: /^SyntaxError/,
    line: 3,
  },
  {
    name: 'F01: the published sample as it is printed',
    source: 'def workflow(_request, settings):\n    add(\n        source_key=settings["K"]),\n    )\n',
    detail: /^SyntaxError/,
    line: 4,
  },
  {
    name: 'F02: tabs and spaces',
    source: 'def workflow(a, b):\n    if a:\n\treturn 1\n',
    detail: /^(TabError|IndentationError)/,
    line: 3,
  },
  { name: 'F02: a zero byte', source: 'a = 1\n\0\n', detail: /null byte/, line: null },
  {
    name: 'F02: an unknown coding',
    source: '# -*- coding: nonsense-9 -*-\ndef workflow(a, b): pass\n',
    detail: /unknown encoding/,
    line: 1,
  },
  {
    name: 'F01: no workflow',
    source: 'def handler(event):\n    pass\nclass X: pass\n',
    detail: /defines no `workflow`\. Expected `def workflow\(_request, settings\):`, found the functions handler/,
    line: 1,
  },
  { name: 'F01: an empty source', source: '', detail: /found no function/, line: 1 },
  { name: 'F01: not callable', source: 'x = 1\nworkflow = 3\n', detail: /not callable.*a value of type int/, line: 2 },
  {
    name: 'F01: a function of a library with other parameters',
    source: 'import textwrap\nx = 1\nworkflow = textwrap.dedent\n',
    detail: /called with 2 arguments/,
    line: 3,
  },
  {
    name: 'F01: a class that takes nothing',
    source: 'x = 1\nclass workflow:\n    def __init__(self):\n        pass\n',
    detail: /called with 2 arguments.*found `workflow\(\)`/,
    line: 2,
  },
  {
    name: 'F01: too few parameters',
    source: '\ndef workflow(settings):\n    pass\n',
    detail: /called with 2 arguments.*found `workflow\(settings\)`/,
    line: 2,
  },
  {
    name: 'F01: too many parameters',
    source: 'def workflow(a, b, c):\n    pass\n',
    detail: /found `workflow\(a, b, c\)`/,
    line: 1,
  },
  {
    name: 'F01: a keyword that is required',
    source: 'def workflow(a, b, *, c):\n    pass\n',
    detail: /called with 2 arguments/,
    line: 1,
  },
  {
    name: 'Q13: a pull function with three parameters',
    source: 'def workflow(_request, settings, other):\n    pass\n',
    kind: 'pull',
    detail: /called with 1 argument\. Expected `def workflow\(settings\):`/,
    line: 1,
  },
  {
    name: 'a missing module of a well-known package',
    source: 'import yaml\ndef workflow(a, b): pass\n',
    detail: /^ModuleNotFoundError: No module named 'yaml'\. Add "PyYAML" to the dependencies/,
    line: 1,
  },
  {
    name: 'F31: a missing package',
    source: 'import json\nimport no_such_package\ndef workflow(a, b): pass\n',
    detail: /^ModuleNotFoundError: No module named 'no_such_package'.*packages of this runtime/,
    line: 2,
  },
  {
    name: 'F34: top-level code that raises',
    source: 'x = 1\ny = x / 0\ndef workflow(a, b): pass\n',
    detail: /^ZeroDivisionError/,
    line: 2,
  },
  {
    name: 'F34: top-level code that exits',
    source: 'import sys\nsys.exit(0)\n',
    detail: /SystemExit.*while the module was loading/,
    line: 2,
  },
  {
    name: 'an annotation that is no name',
    source: 'def workflow(a, b) -> null:\n    pass\n',
    detail: /^NameError.*null/,
    line: 1,
  },
]

describe('source that does not load', () => {
  for (const { name, source, detail, line, kind = 'catch' } of BAD) {
    test(name, async () => {
      const job = makeJob({ source, kind })
      const loaded = await pool.load(job)
      assert.equal(loaded.ok, false)
      if (!loaded.ok) {
        assert.match(loaded.detail, detail)
        assert.equal(loaded.line, line)
      }
      const { status, code, message, line: runLine } = await pool.execute(job)
      assert.deepEqual({ status, code, runLine }, { status: 'failed', code: 'load_error', runLine: line })
      assert.match(message ?? '', detail)
    })
  }

  test('a load error has a traceback that starts in the source', async () => {
    const { traceback } = await pool.execute(makeJob({ source: 'def f():\n    1 / 0\nf()\n' }))
    assert.match(
      traceback ?? '',
      /^Traceback.*\n {2}File "workflow\.py", line 3, in <module>\n {4}f\(\)\n {2}File "workflow\.py", line 2, in f\n/,
    )
  })

  test('a module that dies while it loads is a crash', async () => {
    const job = makeJob({ source: 'import os\nos._exit(7)\n' })
    const loaded = await pool.load(job)
    assert.ok(!loaded.ok && /ended while the module was loading/.test(loaded.detail))
    assert.equal((await pool.execute(job)).code, 'crashed')
  })

  test('memory that runs out while loading is out_of_memory', async () => {
    const { code, message } = await pool.execute(makeJob({ source: 'x = bytearray(10 ** 10)\n' }))
    assert.equal(code, 'out_of_memory')
    assert.match(message ?? '', /512 MiB while the module was loading/)
  })
})

describe('source that loads', () => {
  const LOADS: readonly (readonly [name: string, source: string])[] = [
    ['any parameter names', 'def workflow(body, s): return {"status_code": 200, "body": "ok"}\n'],
    ['defaults', 'def workflow(a, b, c=1, *, d=2): return {"status_code": 200, "body": "ok"}\n'],
    ['variable arguments', 'def workflow(*args, **kw): return {"status_code": 200, "body": "ok"}\n'],
    [
      'a decorator',
      'import functools\ndef d(f):\n  @functools.wraps(f)\n  def g(*a, **k): return f(*a, **k)\n  return g\n@d\ndef workflow(a, b): return {"status_code": 200, "body": "ok"}\n',
    ],
    ['a lambda', 'workflow = lambda a, b: {"status_code": 200, "body": "ok"}\n'],
    [
      'a class with __call__',
      'class W:\n  def __call__(self, a, b): return {"status_code": 200, "body": "ok"}\nworkflow = W()\n',
    ],
    [
      'a partial',
      'import functools\ndef f(x, a, b): return {"status_code": 200, "body": x}\nworkflow = functools.partial(f, "ok")\n',
    ],
    [
      'windows line ends and a byte order mark',
      '\ufeffdef workflow(a, b):\r\n    return {"status_code": 200, "body": "ok"}\r\n',
    ],
    [
      'a coding cookie',
      '# -*- coding: latin-1 -*-\nx = "é"\ndef workflow(a, b): return {"status_code": 200, "body": "ok" if len(x) == 1 else "?"}\n',
    ],
    [
      'its own globals',
      'import sys\ndef workflow(a, b): return {"status_code": 200, "body": "ok" if __name__ == "workflow" and sys.modules["workflow"].__dict__ is globals() and sys.modules["__main__"].__dict__ is not globals() else "?"}\n',
    ],
    [
      'a dataclass',
      'import sys\nif sys.version_info >= (3, 7):\n  from dataclasses import dataclass\n  @dataclass\n  class A:\n    x: "int" = 1\ndef workflow(a, b): return {"status_code": 200, "body": "ok"}\n',
    ],
  ]
  for (const [name, source] of LOADS) {
    test(name, async () => {
      assert.deepEqual(await pool.load(makeJob({ source })), { ok: true })
      const { response, message } = await pool.execute(makeJob({ source }))
      assert.equal(response?.body, 'ok', message ?? '')
    })
  }

  test('what it prints while it loads belongs to the run that caused the load', async (t) => {
    // On a busy machine a second worker would load the module, too.
    const small = await openPool({ spares: false, maxWorkers: 1 })
    t.after(() => small.close())
    const job = makeJob({ source: 'print("loading")\ndef workflow(a, b):\n    print("running")\n' })
    assert.deepEqual(printed(await small.execute(job)), ['loading', 'running'])
    assert.deepEqual(printed(await small.execute(job)), ['running'])
  })

  const UNFORKABLE: readonly (readonly [name: string, source: string])[] = [
    ['a thread', 'import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n'],
    ['a socket', 'import socket\nheld = socket.socket()\n'],
    ['a child process', 'import subprocess\nheld = subprocess.Popen(["sleep", "1000"])\n'],
    ['a file in its folder', 'open("/tmp/model", "w").close()\n'],
  ]
  for (const [name, top] of UNFORKABLE) {
    test(`a module that makes ${name} while loading is loaded by every run anew`, async () => {
      const source = `${top}import os\nprint("loaded by", os.getpid() != 1)\ndef workflow(a, b):\n    return {"status_code": 200, "body": repr(os.path.exists("/tmp/model"))}\n`
      const job = makeJob({ source })
      assert.deepEqual(await pool.load(job), { ok: true })
      for (let run = 0; run < 3; run += 1) {
        const outcome = await pool.execute(job)
        assert.deepEqual(printed(outcome), ['loaded by True'])
        assert.equal(outcome.response?.body, name.includes('file') ? 'True' : 'False')
      }
    })
  }

  test('a module that is loaded by each run counts as running time', async () => {
    const source = 'import socket, time\nheld = socket.socket()\ntime.sleep(0.2)\ndef workflow(a, b): time.sleep(5)\n'
    const { code } = await pool.execute(makeJob({ source, timeoutMs: 1500 }))
    assert.equal(code, 'timeout')
  })

  test('a module that patches Python while loading does not break its worker', async () => {
    const source = [
      'import os, sys, json, signal, gc, builtins, time',
      'os.fork = os.write = os.read = os._exit = os.dup2 = os.wait4 = os.kill = os.listdir = None',
      'json.dumps = json.loads = None',
      'signal.signal(signal.SIGTERM, lambda *_: None)',
      'signal.signal(signal.SIGCHLD, signal.SIG_IGN)',
      'sys.settrace(lambda *_: None)',
      'os.chdir("/usr")',
      'os.umask(0o777)',
      'del builtins.open',
      'def workflow(a, b):',
      '    return {"status_code": 200, "body": os.getcwd()}',
    ].join('\n')
    for (let run = 0; run < 3; run += 1) {
      const { response, message } = await pool.execute(makeJob({ source }))
      assert.equal(response?.body, '/tmp', message ?? '')
    }
  })
})
