"""Installs a package while it runs, as people try who miss one."""
import os
import subprocess
import sys
import zipfile

WHEEL = os.environ['HOME'] + '/greeting-1.2-py3-none-any.whl'


def workflow(_request, settings):
    with zipfile.ZipFile(WHEEL, 'w') as wheel:
        wheel.writestr('greeting/__init__.py', '')
        wheel.writestr('greeting-1.2.dist-info/METADATA', 'Metadata-Version: 2.1\nName: greeting\nVersion: 1.2\n')
        wheel.writestr('greeting-1.2.dist-info/WHEEL', 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
        wheel.writestr('greeting-1.2.dist-info/RECORD', '')
    command = [sys.executable, '-m', 'pip', 'install', '--no-index', '--disable-pip-version-check', WHEEL]
    pip = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(pip.stdout.decode())
    packages = [path for path in sys.path if os.path.isdir(path)]
    return {'status_code': 200, 'body': repr((pip.returncode != 0, [path for path in packages if writes(path)]))}


def writes(folder):
    try:
        open(folder + '/greeting.py', 'w').close()
        return True
    except OSError:
        return False
