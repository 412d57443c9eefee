// data-prefill="691153001" data-prefill-when="place_type=CABINET": the field takes the value while the
// condition (written as for data-show-when) holds, if it is empty, and gives it back when it does not hold
// any more. What a person typed is never touched.
import { fieldValues } from './fields.js'
import { holds, parseConditions } from './show-when.js'

export function initPrefill (root) {
  for (const input of root.querySelectorAll('[data-prefill]')) {
    const conditions = parseConditions(input.dataset.prefillWhen)
    const value = input.dataset.prefill
    input.form.addEventListener('change', event => {
      if (event.target === input) return
      const wanted = conditions.some(condition => holds(condition, name => fieldValues(input.form, name)))
      if (wanted && input.value === '') input.value = value
      if (!wanted && input.value === value) input.value = ''
    })
  }
}
