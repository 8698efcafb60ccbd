"""Finds the package of a well-known module. Names differ, and a wrong guess may install a stranger's package."""

_OTHER_NAMES = {
    'attr': 'attrs', 'bs4': 'beautifulsoup4', 'Crypto': 'pycryptodome', 'cv2': 'opencv-python-headless',
    'dateutil': 'python-dateutil', 'docx': 'python-docx', 'dotenv': 'python-dotenv', 'fitz': 'pymupdf',
    'github': 'PyGithub', 'gitlab': 'python-gitlab', 'googleapiclient': 'google-api-python-client',
    'hrflow_connectors': 'hrflow-connectors', 'jose': 'python-jose', 'jwt': 'PyJWT', 'ldap3': 'ldap3',
    'magic': 'python-magic', 'multipart': 'python-multipart', 'MySQLdb': 'mysqlclient', 'nacl': 'PyNaCl',
    'OpenSSL': 'pyOpenSSL', 'pdfminer': 'pdfminer.six', 'PIL': 'pillow', 'pptx': 'python-pptx', 'psycopg': 'psycopg[binary]',
    'psycopg2': 'psycopg2-binary', 'pymysql': 'PyMySQL', 'serial': 'pyserial', 'skimage': 'scikit-image',
    'sklearn': 'scikit-learn', 'slugify': 'python-slugify', 'socks': 'PySocks', 'telegram': 'python-telegram-bot',
    'usaddress': 'usaddress', 'Xlib': 'python-xlib', 'yaml': 'PyYAML', 'zmq': 'pyzmq',
}
_SAME_NAMES = frozenset((
    'aiohttp airtable anthropic arrow asyncpg azure boto3 botocore cachetools cattrs chardet click cryptography '
    'defusedxml dns email_validator faker fastapi feedparser flask gspread hrflow html5lib httpx ics ijson jinja2 jmespath '
    'jsonschema langdetect loguru lxml mailchimp_marketing markdown markdownify marshmallow matplotlib mistralai msgspec mypy '
    'nltk numpy openai openpyxl orjson pandas paramiko pendulum phonenumbers polars pyarrow pycountry pydantic pymongo pypdf '
    'pytest pytz rapidfuzz rarfile redis regex requests rich ruamel scipy selenium sendgrid sentry_sdk simple_salesforce '
    'slack_sdk spacy sqlalchemy starlette stripe tabulate tenacity thefuzz tiktoken toml tqdm twilio typer tzlocal ujson '
    'unidecode urllib3 validators websockets xlrd xlsxwriter xmltodict zeep').split())


def requirement_for(module):
    """Returns None if the module is not well known."""
    top = module.split('.')[0]
    if module.startswith('google.cloud.'):
        return 'google-cloud-' + module.split('.')[2]
    if top in _SAME_NAMES:
        return top.replace('_', '-')
    return _OTHER_NAMES.get(top)


def hint_for(error):
    """Returns advice, or an empty text."""
    try:
        name = str(error.name) if type(error).__name__ == 'ModuleNotFoundError' else ''
    except BaseException:  # the exception is the user's
        return ''
    requirement = requirement_for(name)
    if requirement is None:
        return ''
    return 'Add "{}" to the dependencies in the block `# /// script` of the source'.format(requirement)
