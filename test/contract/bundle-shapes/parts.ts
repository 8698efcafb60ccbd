/** What real functions do, in Python and in TypeScript. */

/** Lines of code. Most of them add values to `seen`, which becomes the inputs of the decision. */
type Part = {
  readonly python: string
  readonly script: string
  /** Two runs may differ. */
  readonly isRandom?: true | 'python'
  /** Sends requests to the target. */
  readonly isCall?: true
}

export const PARTS: Readonly<Record<string, Part>> = {
  settings: {
    python: 'seen.append(settings["least"])\nsettings["runs"] = settings.get("runs", 0) + 1',
    script: 'seen.push(settings.least)\nsettings.runs = (settings.runs ?? 0) + 1',
  },
  secret: { python: 'seen.append(settings["TOKEN"])', script: 'seen.push(settings.TOKEN)' },
  step: {
    python: 'seen.append(step("sum", lambda: sum([1, 2, 3])))',
    script: "seen.push(await step('sum', () => [1, 2, 3].reduce((a, b) => a + b)))",
  },
  failedStep: {
    python: 'try:\n    step("bad", lambda: 1 / 0)\nexcept StepError as error:\n    seen.append(error.type)',
    script: "try { await step('bad', () => { throw new TypeError('no') }) } catch (error) { seen.push(error.type) }",
  },
  get: {
    python:
      'with urllib.request.urlopen(_request["base"] + "/people?page=1") as got:\n    seen.append(json.load(got)["method"])',
    script: "seen.push((await (await fetch(request.base + '/people?page=1')).json()).method)",
    isCall: true,
  },
  post: {
    python: 'seen.append(requests.post(_request["base"] + "/score", json={"email": _request["email"]}).json()["body"])',
    script:
      "seen.push((await (await fetch(request.base + '/score', { method: 'POST', body: JSON.stringify({ email: request.email }) })).json()).body)",
    isCall: true,
  },
  refusedCall: {
    python: 'seen.append(requests.get(_request["base"] + "/status/404").status_code)',
    script: "seen.push((await fetch(request.base + '/status/404')).status)",
    isCall: true,
  },
  together: {
    python:
      'async def twice(n):\n    await asyncio.sleep(0)\n    return n * 2\nasync def all_of():\n    return await asyncio.gather(*[twice(n) for n in range(5)])\nseen += asyncio.run(all_of())',
    script: 'seen.push(...(await Promise.all([0, 1, 2].map(async (n) => n * 2))))',
  },
  threads: {
    python: 'with ThreadPoolExecutor(3) as pool:\n    seen += list(pool.map(lambda n: n + 1, range(5)))',
    script: 'seen.push(await new Promise((resolve) => setTimeout(() => resolve(7), 1)))',
  },
  logs: {
    python: 'print("é 日本 \\U0001f600", _request["years"])\nprint("to errors", file=sys.stderr)',
    script: "console.log('é 日本 😀', request.years)\nconsole.error('to errors')",
  },
  unicode: {
    python: 'seen.append("Zoë " + _request["name"].upper())',
    script: "seen.push('Zoë ' + request.name.toUpperCase())",
  },
  large: { python: 'seen.append("x" * 20000)', script: "seen.push('x'.repeat(20000))" },
  numbers: {
    python: 'seen += [1e21, 0.1 + 0.2, -0.5, 2 ** 53 - 1]',
    script: 'seen.push(1e21, 0.1 + 0.2, -0.5, 2 ** 53 - 1)',
  },
  caught: {
    python: 'try:\n    int("x")\nexcept ValueError as error:\n    seen.append(str(error))',
    script: "try { JSON.parse('{') } catch (error) { seen.push(error.name) }",
  },
  file: {
    python:
      'with tempfile.TemporaryDirectory() as folder:\n    path = os.path.join(folder, "cv.txt")\n    open(path, "w").write("a cv")\n    seen.append(open(path).read())',
    script:
      "const folder = mkdtempSync(join(tmpdir(), 'cv-'))\nwriteFileSync(join(folder, 'cv.txt'), 'a cv')\nseen.push(readFileSync(join(folder, 'cv.txt'), 'utf8'))",
  },
  digest: {
    python: 'seen.append(hashlib.sha256(_request["name"].encode()).hexdigest())',
    script: "seen.push(createHash('sha256').update(request.name).digest('hex'))",
  },
  packages: {
    python: 'seen.append(requests.utils.quote("a b", safe=""))',
    script: "seen.push(new URL('https://example.com/a?b=1').searchParams.get('b'))",
  },
  child: {
    python: 'seen.append(subprocess.run(["echo", "hello"], capture_output=True, text=True).stdout)',
    script: "seen.push(execFileSync('echo', ['hello'], { encoding: 'utf8' }))",
  },
  chance: { python: 'seen.append(random.random())', script: 'seen.push(Math.random())', isRandom: true },
  uuid: {
    python: 'seen.append(str(uuid.uuid4()))',
    script: 'seen.push(crypto.randomUUID())',
    isRandom: true,
  },
  time: {
    python: 'seen.append(time.time())',
    script: 'seen.push(performance.now())',
    isRandom: true,
  },
  date: {
    python: 'from datetime import datetime as moment\nseen.append(moment.now().microsecond)',
    script: 'seen.push(new Date().getMilliseconds())',
    isRandom: true,
  },
  words: {
    python: 'seen.append(" ".join({"python", "sql", "java", "go", "rust", _request["name"]}))',
    script: "seen.push([...new Set(['python', 'sql', 'python', request.name])].join(' '))",
    isRandom: 'python',
  },
  unique: {
    python: 'seen += list(set(_request["name"].split() + ["python", "sql", "java", "go"]))',
    script: 'seen.push(Object.keys({ [request.name]: 1, python: 2, sql: 3 }))',
    isRandom: 'python',
  },
}
