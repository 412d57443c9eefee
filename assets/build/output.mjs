// Reading sources and writing results, all relative to the root of the project.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constants, gzipSync } from 'node:zlib'

export const root = fileURLToPath(new URL('../..', import.meta.url))

// What is already compressed gains nothing from gzip.
const compressible = new Set(['.css', '.js', '.svg'])

export function read (path) {
  return readFileSync(join(root, path))
}

export function write (path, bytes) {
  const full = join(root, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, bytes)
}

// emptyFolder removes the results of an earlier build; the committed .gitkeep stays.
export function emptyFolder (path) {
  const full = join(root, path)
  mkdirSync(full, { recursive: true })
  for (const name of readdirSync(full)) {
    if (name !== '.gitkeep') rmSync(join(full, name), { recursive: true })
  }
}

// writeHashed writes app.css as app.<hash>.css, beside a .gz where that helps, and returns that name: the
// name changes with the content, so that browsers may keep it for ever.
export function writeHashed (folder, name, bytes) {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  const extension = extname(name)
  const hashed = `${name.slice(0, -extension.length)}.${hash}${extension}`
  write(`${folder}/${hashed}`, bytes)
  if (compressible.has(extension)) write(`${folder}/${hashed}.gz`, gzip(bytes))
  return hashed
}

export function writeManifest (folder, manifest) {
  write(`${folder}/manifest.json`, JSON.stringify(manifest, Object.keys(manifest).sort(), 2) + '\n')
}

// gzip repeats to the byte on every system: no date (Node writes none), and "unknown" for the system.
export function gzip (bytes) {
  const result = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION })
  result[9] = 255
  return result
}
