// A form that finds no network leaves a page of the browser in its place, and Back does not bring back what was typed: the
// fields forbid browsers to keep it. So where the device says that it has no network, the form stays, and can be sent again.
// A service on the same machine is reached all the same: it is asked first.
import { element } from './element.js'

export function initNoNetwork (root) {
  let reached = false
  root.addEventListener('submit', async event => {
    if (event.defaultPrevented || navigator.onLine || reached) return
    event.preventDefault()
    const { target: form, submitter } = event
    try {
      await fetch('/healthz', { cache: 'no-store' })
    } catch {
      return tell(root, () => form.requestSubmit(submitter))
    }
    reached = true
    form.requestSubmit(submitter)
    reached = false
  })
}

function tell (root, again) {
  const button = element('button', 'govuk-button', 'Envoyer de nouveau')
  button.type = 'button'
  button.addEventListener('click', again)
  const box = element('div', 'govuk-error-summary', element('h2', 'govuk-error-summary__title', 'Pas de connexion au réseau'),
    element('p', 'govuk-body', 'Rien n’a été envoyé, et votre saisie est toujours sur cette page. Vérifiez la connexion de votre appareil, puis envoyez de nouveau.'),
    button)
  box.id = 'no-network'
  box.tabIndex = -1
  box.setAttribute('role', 'alert')
  root.getElementById(box.id)?.remove()
  root.querySelector('main').prepend(box)
  box.focus()
}
