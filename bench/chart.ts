/** Bars as a plain SVG, which GitHub and an editor show by themselves, in light and dark. */

export type Bar = { readonly name: string; readonly value: number; readonly note: string; readonly isOurs: boolean }
export type Chart = { readonly title: string; readonly unit: string; readonly bars: readonly Bar[] }

const WIDTH = 860
const LEFT = 250
const RIGHT = 230
const ROW = 26
const TOP = 46
const STYLE = `
    svg { --page: #ffffff; --text: #1c2733; --quiet: #5b6875; --peer: #aab4c0; --ours: #2d6cdf; }
    @media (prefers-color-scheme: dark) {
      svg { --page: #14181d; --text: #e3e9ef; --quiet: #8492a2; --peer: #46525f; --ours: #5b93f5; }
    }
    text { font: 13px system-ui, sans-serif; fill: var(--text); }
    .title { font-weight: bold; font-size: 15px; }
    .quiet { fill: var(--quiet); }
    .page { fill: var(--page); }
    .peer { fill: var(--peer); }
    .ours { fill: var(--ours); }`

/** The charts below each other. Each has a scale of its own: its longest bar fills the width. */
export function drawCharts(charts: readonly Chart[]): string {
  let top = 0
  const parts = charts.map((chart) => {
    const part = `<g transform="translate(0 ${top})">\n${drawChart(chart)}\n</g>`
    top += TOP + chart.bars.length * ROW + 14
    return part
  })
  const label = escapeText(charts.map(({ title }) => title).join('; '))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="${label}">
<!-- Made by npm run bench (bench/chart.ts). -->
<style>${STYLE}
</style>
<rect class="page" width="${WIDTH}" height="${top}"/>
${parts.join('\n')}
</svg>
`
}

function drawChart({ title, unit, bars }: Chart): string {
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE)
  const rows = bars.map(({ name, value, note, isOurs }, index) => {
    const y = TOP + index * ROW
    const length = Math.max(1, Math.round((value / longest) * (WIDTH - LEFT - RIGHT)))
    return [
      `<text x="${LEFT - 10}" y="${y + 14}" text-anchor="end">${escapeText(name)}</text>`,
      `<rect class="${isOurs ? 'ours' : 'peer'}" x="${LEFT}" y="${y}" width="${length}" height="${ROW - 8}" rx="2"/>`,
      `<text x="${LEFT + length + 8}" y="${y + 14}">${escapeText(shown(value))} <tspan class="quiet">${escapeText(note)}</tspan></text>`,
    ].join('\n')
  })
  return [
    `<text class="title" x="20" y="26">${escapeText(title)} <tspan class="quiet">${escapeText(unit)}</tspan></text>`,
    ...rows,
  ].join('\n')
}

const shown = (value: number): string => (value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en-US'))

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
