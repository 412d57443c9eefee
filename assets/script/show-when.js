// data-show-when="place_type=R10,R11;place_absent=on": the element is shown while one of the conditions
// (separated by ";") holds, that is while the field has one of the values (separated by ","). An empty
// value, "place_type=", means that the field is empty or unanswered. Nothing is disabled or emptied: what
// a hidden field holds is still sent, and the server decides what counts. Without script all is visible.
import { fieldValues } from './fields.js'

export function parseConditions (text) {
  return text.split(';').map(part => part.trim()).filter(Boolean).map(part => {
    const at = part.indexOf('=')
    if (at < 1) throw new Error(`data-show-when: « ${part} » is not name=value`)
    return { name: part.slice(0, at).trim(), values: part.slice(at + 1).split(',').map(value => value.trim()) }
  })
}

export function holds ({ name, values }, valuesOf) {
  const current = valuesOf(name)
  return current.some(value => values.includes(value)) || (current.length === 0 && values.includes(''))
}

export function initShowWhen (root) {
  const parts = [...root.querySelectorAll('[data-show-when]')].map(element => ({
    element,
    form: element.closest('form'),
    conditions: parseConditions(element.dataset.showWhen)
  }))
  const update = () => {
    for (const { element, form, conditions } of parts) {
      element.hidden = !conditions.some(condition => holds(condition, name => fieldValues(form, name)))
    }
  }
  for (const form of new Set(parts.map(part => part.form))) {
    form?.addEventListener('change', update)
    // A reset restores the values only after its event.
    form?.addEventListener('reset', () => setTimeout(update))
  }
  // Coming back by the browser's Back button restores the values after the page has loaded.
  window.addEventListener('pageshow', update)
  update()
}
