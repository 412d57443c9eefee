// <button type="button" data-print hidden>: shown where a script can print, absent elsewhere.
export function initPrint (root) {
  for (const button of root.querySelectorAll('[data-print]')) {
    button.hidden = false
    button.addEventListener('click', () => window.print())
  }
}
