/** The API is English. */

import { t } from '../i18n/t.ts'

type Sentence = readonly [RegExp, (...parts: readonly string[]) => string]

const SENTENCES: readonly Sentence[] = [
  [/^expected an address such as ada@example\.com\.$/, () => t('Expected an address such as ada@example.com.')],
  [
    /^expected an http or https URL without a user name\.$/,
    () => t('Expected an http or https URL without a user name.'),
  ],
  [
    /^expected whsec_ and base64 of 16 bytes or more \(the value is not shown\)\.$/,
    () => t('Expected whsec_ and base64 of 16 bytes or more.'),
  ],
  [/^overlap: the last run is still under way$/, () => t('overlap: the last run is still in progress')],
  [/^overlap: a run is waiting already$/, () => t('overlap: a run is waiting already')],
  [
    /^blocked: (\S{1,300}) is a private address\. An owner can allow it under Settings → Network\.$/,
    (host = '') => t('blocked: {host} is a private address. An owner can allow it under Settings → Network.', { host }),
  ],
  [/^the server was down$/, () => t('the server was down')],
  [/^caught up after the server was down$/, () => t('caught up after the server was down')],
  [
    /^The function was still running after its time limit of ([\d.]+) s$/,
    (seconds = '') => t('The function was still running after its time limit of {seconds} s', { seconds }),
  ],
  [
    /^The module was still loading after the time limit of ([\d.]+) s: its imports and top-level code count$/,
    (seconds = '') =>
      t('The module was still loading after the time limit of {seconds} s: its imports and top-level code count', {
        seconds,
      }),
  ],
  [
    /^(?:MemoryError\. )?The run reached its memory limit of (\d+) MiB(?: and was stopped)?(: one allocation [a-z ]+)?(?: \(peak \d+ MiB\))?$/,
    (mebibytes = '', oneAllocation) =>
      oneAllocation === undefined
        ? t('The run reached its memory limit of {mebibytes} MiB', { mebibytes })
        : t('One allocation asked for more than was left of the {mebibytes} MiB of memory', { mebibytes }),
  ],
  [/^The run was cancelled$/, () => t('The run was cancelled')],
  [/^The run was cancelled before it started$/, () => t('The run was cancelled before it started')],
  [
    /^The process was killed by signal (\d+) \((\w+)\) before the function returned$/,
    (number = '', name = '') =>
      t('The process was killed by signal {number} ({name}) before the function returned', { number, name }),
  ],
  [
    /^The process ended with exit code (\d+) and no result: the function did not return$/,
    (code = '') => t('The process ended with exit code {code} and no result: the function did not return', { code }),
  ],
  [
    /^The server stopped, or abandoned this run, while it was under way\. It may have done part of its work; it can be replayed\.$/,
    () =>
      t(
        'The server stopped or abandoned this run while it was in progress. It may have done part of its work; it can be replayed.',
      ),
  ],
  [
    /^The caller closed its connection before the answer was ready, and did not receive it\.$/,
    () => t('The caller closed its connection before the response was ready, and did not receive it.'),
  ],
  [
    /^This run got its request as it was stored: the workflow's privacy rules had removed parts of it\.$/,
    () => t('This run got its request as it was stored: the workflow’s privacy rules had removed parts of it.'),
  ],
  [
    /^The setting ("(?:[^"\\]|\\.)*") was also changed by somebody else while this run was under way: this run's value was kept\.$/,
    (key = '') => t('Another run changed {key} at the same time; this run’s value was kept', { key }),
  ],
  [
    /^alerts\.channels: there is no channel ("(?:[^"\\]|\\.)*"(?:, "(?:[^"\\]|\\.)*")*), so it was left out\.( No channel is left, so the installation's rule applies\.)?$/,
    (ids = '', noneLeft) =>
      noneLeft === undefined
        ? t('There is no channel {ids} here, so it was left out.', { ids })
        : t(
            'There is no channel {ids} here, so it was left out. No channel is left, so the installation’s rule applies.',
            {
              ids,
            },
          ),
  ],
  [
    /^Every workflow runs in its own sandbox \(bubblewrap\), which was tested at this start: processes, files, network and system calls are isolated\.$/,
    () =>
      t(
        'Every workflow runs in its own sandbox (bubblewrap), which was tested at this start: processes, files, network and system calls are isolated.',
      ),
  ],
  [
    /^Each sandbox is a cgroup \((v[12])\): the kernel bounds the memory and number of all its processes together\.$/,
    (version = '') =>
      t(
        'Each sandbox is a cgroup ({version}): the kernel bounds the memory and number of all its processes together.',
        { version },
      ),
  ],
  [
    /^Whether runs in JavaScript can be forks of a loaded process is tested before the first of them\.$/,
    () => t('Whether runs in JavaScript can be forks of a loaded process is tested before the first of them.'),
  ],
  [
    /^Each run in JavaScript is a fork of a process that has loaded its version, unless that would differ from a new process\. Forks were tested since this start\.$/,
    () =>
      t(
        'Each run in JavaScript is a fork of a process that has loaded its version, unless that would differ from a new process. Forks were tested since this start.',
      ),
  ],
  [
    /^Each run in JavaScript has a process of Node that was started anew, which takes longer than a fork, because (.+)\.$/s,
    (reason = '') =>
      t(
        'Each run in JavaScript has a process of Node that was started anew, which takes longer than a fork, because {reason}.',
        { reason },
      ),
  ],
  [
    /^No mail server is configured: an operator sets WORKFLOWS_SMTP_URL\.$/,
    () => t('No mail server is configured: an operator sets WORKFLOWS_SMTP_URL.'),
  ],
  [/^Functions have no network\.$/, () => t('Functions have no network.')],
  [
    /^You started this run, or continued it, so another person must answer\.$/,
    () => t('You started this run, or continued it, so another person must answer.'),
  ],
  [
    /^You made or deployed this version less than 24 hours ago, so another person must decide\.$/,
    () => t('You made or deployed this version less than 24 hours ago, so another person must decide.'),
  ],
  [
    /^The task ("(?:[^"\\]|\\.)*") asks ([^"]+), who has no account\. Owners were asked, too\. An owner invites people under Settings → People\.$/,
    (name = '', emails = '') =>
      t(
        'The task {name} asks {emails}, who has no account. Owners were asked, too. An owner invites people under Settings → People.',
        { name, emails },
      ),
  ],
  [/^The task does not ask you\.$/, () => t('The task does not ask you.')],
  [/^The time of the task is over\.$/, () => t('The time of the task is over.')],
  [/^The run has ended\.$/, () => t('The run has ended.')],
]

export function findServerWords(text: string): string | null {
  for (const [pattern, words] of SENTENCES) {
    const found = pattern.exec(text)
    if (found !== null) return words(...found.slice(1))
  }
  return null
}

export const serverWords = (text: string): string => findServerWords(text) ?? text
