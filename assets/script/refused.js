// A page that says why a form was refused is the answer to a form, which a browser does not ask for again by itself: whoever comes back
// to it later finds the browser's own page there, that speaks of sending twice. So when the page is left, its place in the history becomes
// that of the page at the same address, which is asked for anew. Until then Reload brings it as it is, with what was typed: a link that opens
// elsewhere or brings a file (target, type), a key that has it open elsewhere, and a form that is kept from being sent leave nothing.
export function initRefused (root) {
  if (!root.querySelector('.govuk-error-summary')) return
  const leave = event => event.defaultPrevented || history.replaceState(history.state, '', location.href)
  root.addEventListener('submit', leave)
  root.addEventListener('click', event => {
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
    if (!elsewhere && event.target.closest('a[href]:not([href^="#"], [target], [type])')) leave(event)
  })
}
