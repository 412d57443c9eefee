// Builds what the Go code embeds: style, script, fonts, French localities. Run `npm ci` first.
// The same sources give the same bytes; what an earlier build left is removed. manifest.json is written
// last, so that its date tells when the whole build ended.
import { axe } from './build/axe.mjs'
import { fonts } from './build/fonts.mjs'
import { localities } from './build/localities.mjs'
import { emptyFolder, read, writeHashed, write, writeManifest } from './build/output.mjs'
import { script } from './build/script.mjs'
import { style } from './build/style.mjs'

const dist = 'internal/web/assets/dist'

async function main () {
  for (const folder of [dist, 'internal/document/fonts/data', 'internal/referential/builtin/data']) emptyFolder(folder)

  const { ttf, woff2 } = await fonts()
  for (const weight of ['regular', 'bold']) write(`internal/document/fonts/data/${weight}.ttf`, ttf[weight])

  const manifest = {}
  const publish = (name, bytes) => { manifest[name] = writeHashed(dist, name, bytes) }
  publish('source-sans-3-400.woff2', woff2.regular)
  publish('source-sans-3-700.woff2', woff2.bold)
  publish('favicon.svg', read('assets/favicon.svg'))
  publish('app.css', await style({
    __FONT_400__: manifest['source-sans-3-400.woff2'],
    __FONT_700__: manifest['source-sans-3-700.woff2'],
    __MARK__: `data:image/svg+xml,${encodeURIComponent(read('assets/mark.svg').toString().trim())}`
  }))
  publish('app.js', await script())

  write('internal/referential/builtin/data/localities.csv.gz', localities())
  write('internal/web/assets/testdist/axe.min.js', axe())
  writeManifest(dist, manifest)
}

await main()
