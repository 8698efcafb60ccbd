"""Runs the test suites of requests and httpx with outgoing calls recorded, beside the same suites without.

    python3 bench/recording.py FOLDER

FOLDER gets the source distributions and an environment for them (needs PyPI). With `-p recording` this file is the plugin of pytest
that turns recording on: each test is one run. Prints a table of what passed, and the names of tests that differ.
"""
import os
import re
import subprocess
import sys
import tarfile
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
SUITES = [
    ('requests==2.34.2', ['[socks]'], ['pytest-httpbin==2.1.0', 'httpbin~=0.10.0', 'pytest-mock', 'trustme']),
    ('httpx==0.28.1', ['[brotli,cli,http2,socks,zstd]'], ['trio', 'uvicorn', 'chardet', 'trustme', 'cryptography']),
]
TOOLS = ['pip', 'setuptools', 'hatchling', 'hatch-fancy-pypi-readme', 'pytest<9']

if 'pytest' in sys.modules:
    sys.path.insert(0, os.path.join(HERE, '..', 'runtimes'))
    from workflow_runtime.outgoing import hooks, recorder
    from workflow_runtime.process import frames

    recorded = {'calls': 0, 'whole': 0}

    def _count(original):
        def send(call):
            recorded['calls'] += 1
            recorded['whole'] += call.status is not None and call.request.whole and call.response.whole
            original(call)
        return send

    def pytest_load_initial_conftests():
        frames.RESULTS = os.open(os.devnull, os.O_WRONLY)
        recorder._send = _count(recorder._send)
        hooks.install()

    def pytest_runtest_setup():
        recorder.begin({'trace': '0' * 32, 'propagate': False, 'record': True}, [])

    def pytest_runtest_logfinish():
        recorder.finish()

    def pytest_terminal_summary(terminalreporter):
        terminalreporter.write_line('recorded %(calls)d calls, %(whole)d of them whole' % recorded)


def main(folder):
    python = os.path.join(folder, 'venv', 'bin', 'python')
    if not os.path.exists(python):
        venv.create(os.path.join(folder, 'venv'), with_pip=True)
        run(python, '-m', 'pip', 'install', '-q', '-U', *TOOLS)
    print('| suite | recording | passed | failed | errors | skipped | s | calls recorded | whole |')
    print('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
    differ = []
    for requirement, extras, needs in SUITES:
        root = unpack(python, folder, requirement)
        run(python, '-m', 'pip', 'install', '-q', root + extras[0], *needs)
        (off, _), (on, _) = [suite(python, root, requirement, is_on) for is_on in (False, True)]
        differ += ['%s: %s %s, %s with recording' % (requirement, name, off.get(name), on.get(name))
                   for name in sorted(set(off) | set(on)) if off.get(name) != on.get(name)]
    print('\n'.join(differ) or 'No test differs.')
    return 1 if differ else 0


def run(*command):
    subprocess.run(command, check=True)


def unpack(python, folder, requirement):
    name = requirement.replace('==', '-')
    root = os.path.join(folder, name)
    if not os.path.isdir(root):
        run(python, '-m', 'pip', 'download', '-q', '--no-deps', '--no-build-isolation', '--no-binary', ':all:', '-d', folder, requirement)
        with tarfile.open(root + '.tar.gz') as archive:
            archive.extractall(folder, filter='data')
    return root


def suite(python, root, requirement, is_on):
    """The outcome of each test by its name, and what was printed."""
    plugin = ['-p', 'recording'] if is_on else []
    command = [python, '-m', 'pytest', '-q', '-rA', '-p', 'no:cacheprovider', '--no-header', *plugin, 'tests']
    environment = dict(os.environ, PYTHONPATH=HERE, PYTHONDONTWRITEBYTECODE='1')
    printed = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    outcomes = {name: word for word, name in re.findall(r'^(PASSED|FAILED|ERROR|XFAIL|XPASS) (\S+)', printed, re.M)}
    def count(word):
        return (re.findall(r'(\d+) %s' % word, printed.splitlines()[-1]) or ['0'])[0]
    calls, whole = (re.findall(r'recorded (\d+) calls, (\d+)', printed) or [('', '')])[0]
    seconds = (re.findall(r'in ([\d.]+)s', printed.splitlines()[-1]) or [''])[0]
    counts = [count('passed'), count('failed'), count('errors?'), count('skipped')]
    print('| %s |' % ' | '.join([requirement, 'on' if is_on else 'off', *counts, seconds, calls, whole]), flush=True)
    with open(os.path.join(os.path.dirname(root), '%s-%s.txt' % (requirement, 'on' if is_on else 'off')), 'w') as log:
        log.write(printed)
    return outcomes, printed


if __name__ == '__main__':
    sys.exit(main(os.path.abspath(sys.argv[1])))
