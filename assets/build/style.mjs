// Compiles the style sheet and drops what the library repeats in every rule for browsers or looks that
// this service does not have; that halves its weight.
import esbuild from 'esbuild'
import * as sass from 'sass'
import { join } from 'node:path'
import { root } from './output.mjs'

// Declarations repeated everywhere that style/_base.scss gives once, or that no current browser needs.
const repeated = [
  /font-family:inherit;?/g,
  /-(webkit|moz-osx)-font-smoothing:[^;}]*;?/g,
  /(-webkit-)?text-decoration-skip(-ink)?:[^;}]*;?/g,
  /-(webkit|moz)-(appearance|text-size-adjust|text-decoration)[^;}]*;?/g
]

// Looks of the library that no page uses; README.md says so to whoever writes pages.
const unused = /--inverse|button--start|start-icon|moz-focus-inner|summary-card|govuk-input__(prefix|suffix|wrapper)|--extra-letter-spacing|govuk-link--(muted|text-colour|no-visited)|actions-list|__divider|govuk-caption|link-image|banner__link|table__caption--x?l|--no-border/

export async function style (replacements) {
  let { css } = sass.compile(join(root, 'assets/app.scss'), {
    style: 'compressed',
    charset: false,
    loadPaths: [join(root, 'assets'), join(root, 'node_modules')]
  })
  css = css.replace(/var\((--govuk-[a-z-]+), ?#[0-9a-f]+\)/g, 'var($1)')
  for (const pattern of repeated) css = css.replace(pattern, '')
  css = css.replace(/([^{}@;]+)\{([^{}]*)\}/g, keepUsed)
  for (const [mark, value] of Object.entries(replacements)) {
    if (!css.includes(mark)) throw new Error(`style: ${mark} is not in the style sheet`)
    css = css.replaceAll(mark, value)
  }
  const { code } = await esbuild.transform(css, { loader: 'css', minify: true, target: ['chrome105', 'firefox110', 'safari15.4'] })
  return Buffer.from(code)
}

function keepUsed (rule, selectors, declarations) {
  const kept = selectors.split(',').filter(selector => !unused.test(selector))
  return kept.length && declarations ? `${kept.join(',')}{${declarations}}` : ''
}
