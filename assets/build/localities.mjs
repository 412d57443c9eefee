// Every French locality: postal code, name, code of the commune, code of the department. From the
// administrative division published by Etalab; supplement.csv adds Monaco and the postal codes of New
// Caledonia's villages, which it lacks.
import { gzip, read } from './output.mjs'

const header = 'postal_code;name;commune_code;department_code'

export function localities () {
  const all = JSON.parse(read('node_modules/@etalab/decoupage-administratif/data/communes.json'))
  const communes = new Map(all.filter(item => item.type === 'commune-actuelle').map(item => [item.code, item]))
  const rows = new Map()
  const add = ({ name, ...others }) => {
    const row = { name: spelt(name), ...others }
    const key = `${row.postalCode};${row.name}`
    if (!rows.has(key)) rows.set(key, row)
  }
  for (const item of all) for (const row of currentRows(item)) add(row)
  for (const row of supplement()) add(row)
  // Last, so that a commune in force wins over a former one of the same name.
  for (const item of all) for (const row of formerRows(item, communes)) add(row)

  const lines = [...rows.values()].sort(byCodeThenName).map(({ postalCode, name, commune, department }) =>
    [postalCode, name, commune, department].join(';'))
  check(lines)
  return gzip(Buffer.from([header, ...lines, ''].join('\n')))
}

// A commune in force, or an arrondissement of Paris, Lyon or Marseille instead of the whole city.
function currentRows (item) {
  const whole = ['75056', '69123', '13055'].includes(item.code)
  if (whole || !['commune-actuelle', 'arrondissement-municipal'].includes(item.type)) return []
  return (item.codesPostaux ?? []).map(postalCode => ({
    postalCode, name: item.nom, commune: item.code, department: item.departement
  }))
}

// As French writes names: an arrondissement is a common noun, and the apostrophe is curved.
function spelt (name) {
  return name.replace(/ Arrondissement$/, ' arrondissement').replaceAll("'", '’')
}

// A former commune (delegated or associated), which people still give as their address: only where its
// commune has one postal code, for the source does not say which of several is the former one's.
function formerRows (item, communes) {
  const commune = communes.get(item.chefLieu)
  if (commune?.codesPostaux?.length !== 1) return []
  return [{ postalCode: commune.codesPostaux[0], name: item.nom, commune: commune.code, department: commune.departement }]
}

function supplement () {
  const [first, ...lines] = read('assets/localities/supplement.csv').toString().trim().split('\n')
  if (first !== header) throw new Error('localities: unexpected header in supplement.csv')
  return lines.map(line => {
    const [postalCode, name, commune, department] = line.split(';')
    return { postalCode, name, commune, department }
  })
}

function byCodeThenName (a, b) {
  return compare(a.postalCode, b.postalCode) || compare(a.name, b.name)
}

// By code unit: a locale's order would depend on the machine.
function compare (a, b) {
  return a < b ? -1 : a > b ? 1 : 0
}

function check (lines) {
  const wrong = lines.find(line => !/^\d{5};[^;"'\n]+;[0-9][0-9AB]\d{3};(\d[\dAB]|9[78]\d|99)$/.test(line))
  if (wrong) throw new Error(`localities: unexpected row « ${wrong} »`)
  if (lines.length < 36000) throw new Error(`localities: only ${lines.length} rows`)
}
