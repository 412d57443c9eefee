// data-vitale="http://127.0.0.1:24316": the part of the search page that reads a carte Vitale, through the
// program on the practitioner's computer (docs/vitale.md). It is shown only where this script runs. Whatever
// fails is said, and the forms beside it serve as before.
import { element } from './element.js'

const tokenKey = 'vaccin-reader-token'

// A person may be answering the browser's own question about the local network meanwhile.
const patience = 60_000 // milliseconds

const said = {
  reading: 'Lecture de la carte en cours… Si le navigateur demande l’accès à cet appareil ou au réseau local, autorisez-le.',
  absent: 'Le programme de lecture ne répond pas. Vérifiez qu’il est ouvert sur cet ordinateur, qu’il est réglé pour ce site et, ' +
    'si le navigateur a demandé l’accès à cet appareil ou au réseau local, que vous l’avez autorisé. Vous pouvez aussi saisir le numéro à la main.',
  refused: 'Le navigateur refuse à ce site l’accès au programme de lecture. Autorisez l’accès à cet appareil ou au réseau local ' +
    'dans les réglages du site, à gauche de l’adresse, puis recommencez. Vous pouvez aussi saisir le numéro à la main.',
  stranger: 'Ce qui répond sur cet ordinateur n’est pas le programme de lecture attendu. Fermez l’autre programme ou installez ' +
    'la version à jour. Vous pouvez aussi saisir le numéro à la main.',
  old: 'Le programme de lecture ouvert sur cet ordinateur est trop ancien. Installez sa version à jour. ' +
    'Vous pouvez aussi saisir le numéro à la main.',
  ahead: 'Le programme de lecture est plus récent que cette page. Rechargez la page, puis recommencez.',
  pair: 'Première lecture depuis ce navigateur : saisissez le code qu’affiche le programme de lecture.',
  again: 'Le programme de lecture a été redémarré : saisissez le nouveau code qu’il affiche.'
}

// What the program says of itself, against the contract that this page speaks: nothing when they agree.
export function disagreement (about, protocol) {
  if (about?.program !== 'vaccin-reader' || !Number.isInteger(about.protocol)) return 'stranger'
  if (about.protocol < protocol) return 'old'
  if (about.protocol > protocol) return 'ahead'
}

// Day, month and year of the eight digits that cards hold, of whatever calendar; another text as it is.
export function birthDateText (text) {
  return /^\d{8}$/.test(text) ? `${text.slice(6)}/${text.slice(4, 6)}/${text.slice(0, 4)}` : text
}

export function counted (people) {
  return people.length === 1
    ? 'Carte lue : 1 bénéficiaire. Vérifiez son identité.'
    : `Carte lue : ${people.length} bénéficiaires. Choisissez le patient.`
}

export function initVitale (root) {
  for (const section of root.querySelectorAll('[data-vitale]')) new CardReading(section).start()
}

// A failure that the person is told in these words.
class Told extends Error {}

class CardReading {
  constructor (section) {
    const part = name => section.querySelector(`[data-vitale-${name}]`)
    this.section = section
    this.address = section.dataset.vitale
    this.protocol = Number(section.dataset.vitaleProtocol)
    this.button = part('read')
    this.saidAt = part('said')
    this.pairing = part('pair')
    this.choice = part('choose')
    this.people = part('people')
    this.unchosen = part('choice-said')
    this.token = recall()
  }

  start () {
    this.button.addEventListener('click', () => this.attempt(() => this.read()))
    this.pairing.addEventListener('submit', event => {
      event.preventDefault()
      this.attempt(() => this.pair())
    })
    this.choice.addEventListener('submit', event => this.choose(event))
    this.section.hidden = false
  }

  // One thing at a time. The button keeps the focus, so it is not disabled.
  async attempt (task) {
    if (this.busy) return
    this.busy = true
    this.button.setAttribute('aria-disabled', 'true')
    this.say(said.reading)
    try {
      await task()
    } catch (failure) {
      if (!(failure instanceof Told)) throw failure
      this.say(failure.message, true)
    } finally {
      this.busy = false
      this.button.removeAttribute('aria-disabled')
    }
  }

  say (text, problem = false) {
    this.saidAt.classList.toggle('app-vitale__said--problem', problem)
    this.saidAt.textContent = text
  }

  async read () {
    this.pairing.hidden = this.choice.hidden = true
    const { body: about } = await this.ask('GET', '/status')
    const wrong = disagreement(about, this.protocol)
    if (wrong) throw new Told(said[wrong])
    if (!about.paired) return this.askForCode()
    const { status, body } = await this.ask('POST', '/read')
    if (status === 401) return this.askForCode()
    if (status !== 200) throw new Told(body?.message || said.stranger)
    if (!Array.isArray(body?.beneficiaries) || body.beneficiaries.length === 0) throw new Told(said.stranger)
    this.offer(body.beneficiaries)
  }

  askForCode () {
    this.say(this.token ? said.again : said.pair)
    this.token = remember(null)
    this.mark('')
    this.pairing.hidden = false
    this.field.focus()
  }

  get field () { return this.pairing.querySelector('input') }

  async pair () {
    const code = this.field.value.trim()
    if (!/\d/.test(code)) return this.mark('Saisissez le code qu’affiche le programme de lecture.')
    const { status, body } = await this.ask('POST', '/pair', { code })
    if (status === 403) return this.mark(body?.message || said.stranger)
    if (status !== 200 || !body?.token) {
      this.pairing.hidden = true
      this.button.focus()
      throw new Told(body?.message || said.stranger)
    }
    this.token = remember(body.token)
    this.field.value = ''
    this.button.focus()
    await this.read()
  }

  // Says beside the code's field what is wrong with it, or takes that away.
  mark (text) {
    const field = this.field
    const group = field.closest('.govuk-form-group')
    group.querySelector('.govuk-error-message')?.remove()
    group.classList.toggle('govuk-form-group--error', text !== '')
    field.classList.toggle('govuk-input--error', text !== '')
    field.toggleAttribute('aria-invalid', false)
    field.setAttribute('aria-describedby', `${field.id}-hint`)
    if (text === '') return
    const prefix = element('span', 'govuk-visually-hidden', 'Erreur : ')
    const message = element('p', 'govuk-error-message', prefix, text)
    message.id = `${field.id}-error`
    message.setAttribute('role', 'alert')
    field.before(message)
    field.setAttribute('aria-invalid', 'true')
    field.setAttribute('aria-describedby', `${field.id}-hint ${message.id}`)
    this.say('')
    field.focus()
    field.select()
  }

  offer (people) {
    this.offered = people
    this.unchosen.hidden = true
    this.people.replaceChildren(...people.map((person, index) => {
      const id = `vitale-person-${index + 1}`
      const input = element('input', 'govuk-radios__input')
      Object.assign(input, { type: 'radio', name: 'beneficiary', id, value: String(index), checked: people.length === 1 })
      input.setAttribute('aria-describedby', `${id}-about`)
      const label = element('label', 'govuk-label govuk-radios__label', `${person.familyName} ${person.givenNames}`)
      label.htmlFor = id
      const about = element('div', 'govuk-hint govuk-radios__hint', `Date de naissance : ${birthDateText(person.birthDate)}`)
      about.id = `${id}-about`
      if (person.nirProblem) about.append(element('br'), element('strong', '', person.nirProblem))
      return element('div', 'govuk-radios__item', input, label, about)
    }))
    this.choice.hidden = false
    this.say(counted(people))
    this.people.querySelector('input').focus()
  }

  // Fills the form with the person chosen, and lets it go; and the field beside, for who comes back to it.
  choose (event) {
    if (this.sent) return event.preventDefault() // a double click is one search
    const chosen = this.people.querySelector('input:checked')
    this.unchosen.hidden = chosen !== null
    if (!chosen) {
      event.preventDefault()
      this.people.querySelector('input').focus()
      return
    }
    const person = this.offered[Number(chosen.value)]
    for (const [name, value] of [
      ['nir', person.nir], ['card_family_name', person.familyName], ['card_given_names', person.givenNames], ['card_birth_date', person.birthDate]
    ]) this.choice.elements.namedItem(name).value = value
    const typed = document.getElementById('nir')
    if (typed) typed.value = person.nir
    this.sent = navigator.onLine // or no-network.js sends it once more, which is no double click
    setTimeout(() => { this.sent = false }, 1000) // should the next page not come
  }

  async ask (method, path, body) {
    const headers = {}
    if (this.token) headers.Authorization = `Bearer ${this.token}`
    if (body) headers['Content-Type'] = 'application/json'
    let response
    try {
      response = await fetch(this.address + path, {
        method, headers, body: body && JSON.stringify(body), mode: 'cors', credentials: 'omit', cache: 'no-store', redirect: 'error',
        referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(patience)
      })
    } catch {
      throw new Told(await networkRefused() ? said.refused : said.absent)
    }
    try {
      return { status: response.status, body: await response.json() }
    } catch {
      throw new Told(said.stranger)
    }
  }
}

// Whether this site was refused the local network by the person or their administrator. Browsers have named
// this permission in two ways; those that have none of it do not refuse.
async function networkRefused () {
  for (const name of ['loopback-network', 'local-network-access']) {
    try {
      if ((await navigator.permissions.query({ name })).state === 'denied') return true
    } catch { /* a name that this browser does not know */ }
  }
  return false
}

// The token serves as long as the program runs. Where the browser keeps nothing, it lives with the page.
function recall () {
  try {
    return localStorage.getItem(tokenKey)
  } catch {
    return null
  }
}

function remember (token) {
  try {
    if (token) localStorage.setItem(tokenKey, token)
    else localStorage.removeItem(tokenKey)
  } catch { /* kept nowhere: this page alone is paired */ }
  return token
}
