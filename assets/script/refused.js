// A page that says why a form was refused is the answer to a form, which a browser does not ask for again by itself: whoever comes back
// to it later finds the browser's own page there, that speaks of sending twice. So when the page is left, its place in the history becomes
// that of the page at the same address, which is asked for anew. Until then Reload brings it as it is, with what was typed.
export function initRefused (root) {
  if (!root.querySelector('.govuk-error-summary')) return
  const leave = () => history.replaceState(history.state, '', location.href)
  root.addEventListener('submit', leave)
  root.addEventListener('click', event => {
    if (event.target.closest('a[href]:not([href^="#"])')) leave()
  })
}
