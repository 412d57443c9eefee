// Bundles the script as one ES module. The combobox is compiled from its sources: the ready-made bundle
// carries 40 kB of polyfills for browsers that this service does not serve.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import esbuild from 'esbuild'
import { root } from './output.mjs'

// What the combobox lacks for us. Each replacement must find its text: an update of the library that
// moves it stops the build rather than dropping it silently.
const comboboxChanges = [
  // Keep the description (hint, error) of the field it replaces.
  [
    "'aria-describedby': ariaHint ? assistiveHintID : null",
    "'aria-describedby': [this.props.describedBy, ariaHint ? assistiveHintID : null].filter(Boolean).join(' ') || null"
  ],
  // On iOS it adds "1 of 5" in English, hidden by a style attribute that our policy refuses; aria-posinset
  // and aria-setsize already say it.
  [/const iosPosinsetHtml = [\s\S]*?: ''\n/, "const iosPosinsetHtml = ''\n"]
]

const combobox = {
  name: 'combobox',
  setup (build) {
    build.onLoad({ filter: /accessible-autocomplete[\\/]src[\\/].*\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, 'utf8')
      if (path.endsWith('autocomplete.js')) {
        for (const [from, to] of comboboxChanges) {
          const changed = contents.replace(from, to)
          if (changed === contents) throw new Error(`accessible-autocomplete changed: ${from} not found`)
          contents = changed
        }
      }
      return { contents, loader: 'jsx' }
    })
  }
}

export async function script () {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [join(root, 'assets/script/app.js')],
    bundle: true,
    format: 'esm',
    target: ['chrome105', 'firefox110', 'safari15.4'],
    minify: true,
    legalComments: 'none',
    define: { 'process.env.COMPONENT_LIBRARY': '"PREACT"' },
    plugins: [combobox],
    write: false,
    logLevel: 'warning'
  })
  return outputFiles[0].contents
}
