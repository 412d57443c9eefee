// Cuts the brand's font down to what French documents and European names need: TrueType for the PDFs,
// WOFF2 for the pages. Cut once here, so that no PDF pays for it.
import subsetFont from 'subset-font'
import { read } from './output.mjs'

const files = {
  regular: 'node_modules/@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf',
  bold: 'node_modules/@expo-google-fonts/source-sans-3/700Bold/SourceSans3_700Bold.ttf'
}

// Basic Latin, Latin-1 and Latin Extended-A (œ, Ÿ, Łódź), Romanian's comma letters, general punctuation
// with the narrow no-break space, and the few signs the pages and documents use.
const ranges = [[0x20, 0x7e], [0xa0, 0x17f], [0x218, 0x21b], [0x2000, 0x206f]]
const signs = '€№™←↑→↓−×≠≤≥✓✔☐☑'

// What PDFs print beyond that: every letter of registry.Letters (TestEveryLetterAndSignIsPrinted asks each of
// the font) and the other sign of its names. A browser takes these from the reader's own fonts.
const printed = [[0x180, 0x25f], [0x1e00, 0x1eff], [0x2bc, 0x2bc]]

export async function fonts () {
  const all = ranges => ranges.map(([from, to]) => characters(from, to)).join('')
  const text = all(ranges) + signs
  const result = { ttf: {}, woff2: {} }
  for (const [weight, path] of Object.entries(files)) {
    const font = read(path)
    // The PDF library applies no feature of the font; the browser keeps kerning, accents, even figures.
    result.ttf[weight] = await subsetFont(font, text + all(printed), { targetFormat: 'sfnt', keepFeatures: [], noHinting: true })
    result.woff2[weight] = await subsetFont(font, text, { targetFormat: 'woff2', keepFeatures: ['kern', 'mark', 'ccmp', 'tnum'], noHinting: true })
  }
  return result
}

function characters (from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)).join('')
}
