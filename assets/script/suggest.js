// <input data-suggest="/suggestions/localites">: the field becomes a combobox whose suggestions come
// from the server, as JSON {"results":[{"value":"75011 Paris","hint":"Paris (75)"}]}.
//
//   data-suggest-min="2"              characters before the first question (2)
//   data-suggest-with="a b"           fields of the same form sent along, if they have a value
//   data-suggest-free                 a value that is not in the list is accepted (said to the person)
//
// It stays a text field of the same id, name and value: the server takes what is typed, with or without
// this script, and decides.
import accessibleAutocomplete from 'accessible-autocomplete/src/wrapper.js'
import { fieldValues } from './fields.js'

const pauseBeforeAsking = 120 // milliseconds

// Attributes that the combobox does not set itself and that must survive it.
const keptAttributes = ['aria-invalid', 'autocapitalize', 'enterkeyhint', 'form', 'inputmode', 'maxlength', 'spellcheck']

// A width goes to what holds the field and its list, so that both are as wide.
const widthClass = /^(govuk-!-width-|govuk-input--width-|app-input--date$)/

export function initSuggest (root) {
  for (const input of root.querySelectorAll('input[data-suggest]')) enhance(input)
}

function enhance (input) {
  const label = input.labels[0]
  if (label && !label.id) label.id = `${input.id}-label`
  const withNames = (input.dataset.suggestWith ?? '').split(/[\s,]+/).filter(Boolean)
  const source = suggestionSource(input.dataset.suggest, input.form, withNames)
  const holder = document.createElement('div')
  holder.className = [...input.classList].filter(name => widthClass.test(name)).join(' ')
  const minLength = Number(input.dataset.suggestMin ?? 2)
  const free = 'suggestFree' in input.dataset
  input.replaceWith(holder)
  accessibleAutocomplete({
    element: holder,
    id: input.id,
    name: input.name,
    defaultValue: input.value,
    required: input.required,
    inputClasses: [...input.classList].filter(name => !widthClass.test(name)).join(' '),
    describedBy: input.getAttribute('aria-describedby'),
    displayMenu: 'overlay',
    minLength,
    source: source.ask,
    templates: { inputValue: valueOf, suggestion: markup },
    menuAttributes: label ? { 'aria-labelledby': label.id } : {},
    onConfirm: () => announceChange(input.id),
    tNoResults: () => source.emptyMessage(free),
    ...statusTexts(source, free)
  })
  const combobox = document.getElementById(input.id)
  for (const name of keptAttributes) {
    if (input.hasAttribute(name)) combobox.setAttribute(name, input.getAttribute(name))
  }
  if (input === document.activeElement || input.autofocus) combobox.focus()
  if (!free) forgetOthers(combobox, withNames, source)
}

// A line of a list is one of the fields sent along: of another type of place it would be refused. It is
// forgotten when they change, unless the field is hidden, for then it does not count. It comes back when they are again
// what they were, for the arrow keys pass by other types, unless there was something else in the meantime.
//
// So what is in the field belongs to the values it was last shown or typed into with, whatever the combobox says: its
// own « change » comes late, and again when the field is left, and by then another type may be chosen.
function forgetOthers (combobox, withNames, source) {
  const current = () => JSON.stringify(withNames.map(name => fieldValues(combobox.form, name)))
  let heldWith = current()
  let forgotten // the last one, and what it was held with
  // Coming back by the browser's Back button changes the other fields after that, and no event says so.
  combobox.addEventListener('input', () => { heldWith = current() })
  // At the document, for what is shown follows the same change, at the form. Not by a timer: the form could be sent before.
  document.addEventListener('change', ({ target }) => {
    if (target.form !== combobox.form || !withNames.includes(target.name)) return
    if (combobox.closest('[hidden]') || current() === heldWith) return
    if (combobox.value !== '') forgotten = { value: combobox.value, heldWith }
    heldWith = current()
    source.cancel() // its answer would open a list of the others
    if (forgotten?.heldWith === heldWith) {
      source.unasked(() => write(combobox, forgotten.value))
      combobox.dispatchEvent(Object.assign(new Event('keydown', { bubbles: true }), { keyCode: 27 })) // Escape: its list is closed
      forgotten = undefined
    } else if (combobox.value !== '') write(combobox, '')
  })
}

// write puts a text into the combobox as typing does.
function write (combobox, text) {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(combobox, text)
  combobox.dispatchEvent(new Event('input', { bubbles: true }))
}

// suggestionSource asks the server after a pause; a newer question cancels the one under way.
function suggestionSource (address, form, withNames) {
  let state = 'waiting'
  let timer
  let request = new AbortController()
  let known = false

  const cancel = () => {
    clearTimeout(timer)
    request.abort()
  }

  const ask = (query, show) => {
    cancel()
    if (known) return show([query])
    request = new AbortController()
    state = 'waiting'
    const { signal } = request
    timer = setTimeout(async () => {
      try {
        const results = await fetchSuggestions(suggestionAddress(address, query, form, withNames), signal)
        state = 'answered'
        show(results)
      } catch (failure) {
        if (signal.aborted) return
        // The field goes on as an ordinary one: the person is told in the list, not interrupted.
        state = 'failed'
        show([])
      }
    }, pauseBeforeAsking)
  }

  // unasked does something about a line that was chosen from a list: that line is the answer, and the server is not asked.
  const unasked = act => {
    known = true
    act()
    known = false
  }

  const emptyMessage = free => {
    if (state === 'waiting') return 'Recherche en cours…'
    if (state === 'failed') return 'Suggestions indisponibles pour le moment : vous pouvez continuer à saisir'
    return free ? 'Aucune suggestion : votre saisie sera acceptée' : 'Aucun résultat'
  }
  return { ask, cancel, unasked, emptyMessage }
}

function suggestionAddress (address, query, form, withNames) {
  const url = new URL(address, document.baseURI)
  url.searchParams.set('q', query.trim())
  for (const name of withNames) {
    for (const value of fieldValues(form, name)) if (value) url.searchParams.append(name, value)
  }
  return url
}

async function fetchSuggestions (url, signal) {
  const response = await fetch(url, { signal, headers: { Accept: 'application/json' }, redirect: 'error' })
  if (!response.ok) throw new Error(`suggestions: HTTP ${response.status}`)
  const { results } = await response.json()
  return results
}

// The combobox hands over a suggestion, the value that was in the page, or nothing.
function valueOf (suggestion) {
  return typeof suggestion === 'string' ? suggestion : suggestion?.value ?? ''
}

function markup (suggestion) {
  const value = `<span class="app-suggest__value">${escapeHTML(valueOf(suggestion))}</span>`
  return suggestion?.hint ? `${value} <span class="app-suggest__hint">${escapeHTML(suggestion.hint)}</span>` : value
}

function escapeHTML (text) {
  const span = document.createElement('span')
  span.textContent = text
  return span.innerHTML
}

// The choice reaches the input at the next rendering; a change event then tells the rest of the page.
function announceChange (id) {
  setTimeout(() => document.getElementById(id)?.dispatchEvent(new Event('change', { bubbles: true })))
}

function statusTexts (source, free) {
  return {
    tAssistiveHint: () => 'Quand des suggestions apparaissent, les flèches haut et bas les parcourent et Entrée choisit. ' +
      'Sur un écran tactile, explorez au toucher ou par balayage.',
    tStatusQueryTooShort: least => `Saisissez au moins ${least} caractères pour obtenir des suggestions.`,
    tStatusNoResults: () => source.emptyMessage(free),
    tStatusSelectedOption: (option, count, index) => `${option}, ${index + 1} sur ${count}, sélectionné.`,
    tStatusResults: (count, selected) => count === 1 ? `1 suggestion disponible. ${selected}` : `${count} suggestions disponibles. ${selected}`
  }
}
