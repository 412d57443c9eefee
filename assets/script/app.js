// The only script of the service. Every page works without it; it helps where it can.
import { createAll } from 'govuk-frontend/dist/govuk/init.mjs'
import { Button } from 'govuk-frontend/dist/govuk/components/button/button.mjs'
import { Checkboxes } from 'govuk-frontend/dist/govuk/components/checkboxes/checkboxes.mjs'
import { ErrorSummary } from 'govuk-frontend/dist/govuk/components/error-summary/error-summary.mjs'
import { Radios } from 'govuk-frontend/dist/govuk/components/radios/radios.mjs'
import { SkipLink } from 'govuk-frontend/dist/govuk/components/skip-link/skip-link.mjs'
import { initNoNetwork } from './no-network.js'
import { initPrint } from './print.js'
import { initRefused } from './refused.js'
import { initShowWhen } from './show-when.js'
import { initSuggest } from './suggest.js'
import { initTyped } from './typed.js'
import { initVitale } from './vitale.js'

// Radio buttons may not carry aria-expanded (ARIA 1.2), which the library sets on those that reveal a part.
class PlainRadios extends Radios {
  syncConditionalRevealWithInputState (input) {
    super.syncConditionalRevealWithInputState(input)
    input.removeAttribute('aria-expanded')
  }
}

// The library's own start is an inline script, which the content security policy forbids.
document.body.classList.add('js-enabled', 'govuk-frontend-supported')

for (const Component of [Button, Checkboxes, ErrorSummary, PlainRadios, SkipLink]) {
  createAll(Component)
}
initNoNetwork(document)
initPrint(document)
initRefused(document)
initSuggest(document)
initShowWhen(document)
initTyped(document)
initVitale(document)
