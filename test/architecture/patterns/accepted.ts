/** Patterns that recheck does not call safe, with the bound of their input that makes them harmless. */

const OPERATOR = "Text of the operator's machine or settings, or of the program itself; read at the start."
const FIXED = 'Each attempt reads at most 46 characters.'
const HEADER = 'Headers of at most 16 KiB together: 2 ms.'
const SOURCE = 'A source of at most 1 MiB: 5 ms. recheck reaches no verdict in 20 s.'
const CUT_500 = 'A message that is cut at 500 characters: under 1 ms.'
const CUT_1000 = 'Lines that are cut at 1000 characters: under 1 ms.'
const LABEL = 'A label of at most 32 characters, a number of 64, or a domain of 253: under 2 ms.'
const DEMO = 'Text of the stand-in HrFlow, which repeats at most 1000 times: 4 ms for 900 kB.'
const OWN_PAGE = "Runs in a person's own page, on lines of a log or an error, or on the text before the cursor."
const OWN_FILES =
  'A command that a person runs on their own files, of at most 1 MiB each. It can take minutes for a hostile one.'
const OWN_SOURCE = 'Runs on the first 64 KiB of a source: at most 1.1 ms of ten hostile ones.'
const OWN_SANDBOX = 'Runs in the sandbox of the run or build whose text it is, within its time limit.'

export const ACCEPTED: ReadonlyMap<string, string> = new Map([
  [String.raw`/xx/x`, OPERATOR],
  [String.raw`/\/+$/`, OPERATOR],
  [String.raw`/<body[^>]*>/`, OPERATOR],
  [String.raw`/\b([A-Za-z_$][\w$]{0,60})(?::[ \t]?[\w$]{1,30})?[ \t]?=[ \t]?x[ \t]?(?:$|[;\n])/m`, OWN_SOURCE],
  [String.raw`/^\s*(\w+)\s*=\s*(\S.*?)\s*$/`, OPERATOR],
  [String.raw`/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g`, OPERATOR],
  [String.raw`/(?<![0-9A-Za-z])wf_[0-9A-Za-z_-]{43}(?![0-9A-Za-z_-])/`, FIXED],
  [String.raw`/(\d+)\.(\d+)\.(\d+)/`, OPERATOR],
  [String.raw`/Can't mount proc on .*: (Permission denied|Operation not permitted)/`, OPERATOR],
  [String.raw`/Can't set hostname to .*: (Permission denied|Operation not permitted)/`, OPERATOR],
  [String.raw`/Creating new namespace failed.*(ENOSPC|No space left)/`, OPERATOR],
  [String.raw`/^(?:\S+ ){4}(\S+) .* - cgroup2 /m`, OPERATOR],
  [String.raw`/^[^:]*:[^:]*:(\d+):(\d+):/gm`, OPERATOR],
  [String.raw`/^[^:]*:(\d+):(\d+)/gm`, OPERATOR],
  [String.raw`/;[ \t]*(?:([!#$%&'*+.^_\x60|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\[^])*)"|([^ \t\r\n;"]*)))?[ \t]*/y`, HEADER],
  [
    String.raw`/\s*([!#$%&'*+.^_\x60|~0-9A-Za-z-]+)(?:\s*=\s*((?:[!#$%&'*+.^_\x60|~0-9A-Za-z-]+|"(?:[^"\\]|\\.)*"))?)?(?:\s*;[^,"]*(?:"(?:[^"\\]|\\.)*"[^,"]*)*)?\s*(?:,|$)/y`,
    HEADER,
  ],
  [String.raw`/^from[ \t]+([\w.]+)[ \t]+import\b[ \t]*([^#\n;\\]*)/gm`, SOURCE],
  [String.raw`/^export[ \t]+default[ \t]+(?:async[ \t]+)?function\b[ \t]*(?:[\w$]+[ \t]*)?\(/m`, SOURCE],
  [
    String.raw`/^(?:export[ \t]+)?const[ \t]+workflow[ \t]*=[ \t]*(?:async[ \t]*)?(?:function\b[ \t]*(?:[\w$]+[ \t]*)?)?\(/m`,
    SOURCE,
  ],
  [String.raw`/^(KeyError: [^\n]*?)\. The (?:request has|settings have) (?:the|no) [^\n]*$/`, CUT_500],
  [String.raw`/\b(?=[0-9a-z_-]*\d)[0-9a-z_-]{8,}\b/gi`, CUT_500],
  [
    String.raw`/^(FATAL ERROR: .*(heap out of memory|Allocation failed)|# Fatal (process out of memory|JavaScript invalid size error))/`,
    CUT_1000,
  ],
  [String.raw`/^ {2}File (?:"(.*)"|\?+), line (\d+|\?+) in (.*)$/`, CUT_1000],
  [String.raw`/\/(?:workflow_runtime\/[\w/]+|runtimes\/python)\.py$|\/runtimes\/node\/\w+\.cjs$|^node:/`, CUT_1000],
  [
    String.raw`/(?:birth(?:date|day)?|born|d\.?o\.?b\.?|n[ée]+(?:\(e\))?|naissance|geb(?:oren|urtsdatum|\.)|nacid[oa]|nacimiento|nat[oa]|nascita|urodz\p{L}*|ur\.)(?:[ :,(]|on|the|le|am|el|il|d[ea]l?|in|dnia|\*){0,6}$/iu`,
    LABEL,
  ],
  [String.raw`/[.-]+$/`, LABEL],
  [
    String.raw`/(?:phone|t[ée]l[ée]phone|telefon\p{L}*|tel[ée]fono|m[óo]vil|mobile?|cellulare|portable|whatsapp|handy|rufnummer|kom[óo]rka|(?<!\p{L})(?:t[ée]l|tlf|fax|gsm|mob|cell?|kom))\.?[ _-]?(?:no|nr|num|number|num[ée]ro|n[°º])?[^\p{L}\p{N}]{0,6}$/iu`,
    LABEL,
  ],
  [String.raw`/^\d+\.\d+$|[./].*[ -]|[ -].*[./]/`, LABEL],
  [String.raw`/[ /\u00a0\u202f]+[^ /\u00a0\u202f]*$/`, LABEL],
  [String.raw`/\(((?:\\.|[^\\()]){0,1000})\)\s{0,10}(?:Tj|'|")/g`, DEMO],
  [String.raw`/^schedule\.cron: (?:expected five valid fields .*, found ".*": )?/`, OWN_PAGE],
  [String.raw`/[\w.]+$/`, OWN_PAGE],
  [String.raw`/^Cannot find module 'npm:[^']+@[^']+'/`, OWN_PAGE],
  [String.raw`/Add "([^"]+)" to the dependencies in the block/`, OWN_PAGE],
  [String.raw`/${'`'}([^${'`'}]+)${'`'}|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)/g`, OWN_PAGE],
  [
    String.raw`/^The module was still loading after the time limit of ([\d.]+) s: its imports and top-level code count$/`,
    OWN_PAGE,
  ],
  [
    String.raw`/^(?:MemoryError\. )?The run reached its memory limit of (\d+) MiB(?: and was stopped)?(: one allocation [a-z ]+)?(?: \(peak \d+ MiB\))?$/`,
    OWN_PAGE,
  ],
  [
    String.raw`/^The setting ("(?:[^"\\]|\\.)*") was also changed by somebody else while this run was under way: this run's value was kept\.$/`,
    OWN_PAGE,
  ],
  [
    String.raw`/^(?:\[?\d[\d:T.,Z+\- /]{6,34}\]?\s*)?[[(<]?(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b/`,
    OWN_PAGE,
  ],
  [String.raw`/^(\s*)(File "[^"]*workflow\.(?:py|ts)", line (\d+))(.*)$/`, OWN_PAGE],
  [String.raw`/^((?:\s+at .*\(|\s+at (?:async )?)?)(workflow\.ts:(\d+)(?::\d+)?)(.*)$/`, OWN_PAGE],
  [String.raw`/(['"]?)(body|headers)\1\s*:/g`, OWN_FILES],
  [
    String.raw`/\bexports\.(\w+)\s*=|^[ \t]*export\s+(?:async\s+)?(?:const|let|var|function)\s+(\w+)|(?:\bmodule\.exports\s*=|^[ \t]*export)\s*\{([^}]*)\}/gm`,
    OWN_FILES,
  ],
  [String.raw`/(\w+)\s*(?::|$)/`, OWN_FILES],
  [String.raw`/^(?:async )?def (\w+)\(\s*\w+[^,)]*,\s*\w+[^,)]*\)/gm`, OWN_FILES],
  [String.raw`/(^|\s)#.*$/`, OWN_FILES],
  [String.raw`/^[ \t]*import\s+(?:([\w*{}\s,$]+)\s+from\s+)?['"]([^'"]+)['"];?[ \t]*$/gm`, OWN_FILES],
  [String.raw`/\{\{\s*([^{}]+?)\s*\}\}/g`, OWN_FILES],
  [String.raw`/^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)[\w.]*[ \t]+import|import[ \t]+([^#\n]+))/gm`, OWN_FILES],
  [String.raw`/^[^\s#].*(os\.environ|os\.getenv|boto3\.(client|resource|Session))/m`, OWN_FILES],
  [
    String.raw`/("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|${'`'}(?:\\.|[^${'`'}\\])*${'`'})|\/\/[^\n]*|\/\*[\s\S]*?\*\//g`,
    OWN_FILES,
  ],
  [
    String.raw`/^[ \t]*(?:import|export)\b[^'"${'`'};]*?\bfrom\s*['"]([^'"]+)['"]|^[ \t]*import\s*['"]([^'"]+)['"]/gm`,
    OWN_FILES,
  ],
  [String.raw`/\w+(?=\s*(?:[:,=]|$))/g`, OWN_FILES],
  [String.raw`/^([ \t]*)import\s+(\{[^}]*\}\s*from\s*['"]aws-lambda['"])/gm`, OWN_FILES],
  [String.raw`/(\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"]+)\2/g`, OWN_FILES],
  [String.raw`/^(?:import (?!type )|export |\} )[^'\n]*from '([^'.][^']*)'$/gm`, OWN_FILES],
  [String.raw`/^(?:import|export)(?! type)[^'"]*?from '(\.[^']+)'/gm`, OWN_FILES],
  [String.raw`/http\S+\/setup#token=\S+/`, OWN_FILES],
  [String.raw`/\/\S*\/node_modules\//`, OWN_SANDBOX],
  [String.raw`/[\w.$:/@-][\w.$:/@ -]*$(?![^])/`, OWN_SANDBOX],
  [String.raw`/[!#$%&'*+.^_${'`'}|~0-9A-Za-z-]+$(?![^])/`, OWN_SANDBOX],
])
