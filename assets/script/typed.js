// A scanner types like a keyboard, and whoever holds one does not click first: what is typed where nothing takes text goes to the field of the
// page that waits for it (data-typed), in place of what was there. A field that has the focus from the start would do as well, but whoever
// moves by keyboard would begin behind the link to the content. Keys of commands, and those that move or scroll the page, keep their meaning; none
// gets one of its own, as a shortcut would (RGAA 12.10). The signs are those that a scanner set to the American keyboard types for digits and for M
// on a French or a Belgian one, or before a code (scannedForQWERTY): a code may begin with any of them, and would lose it.
const begins = /^[\p{L}\p{N}&"'(§!_?,$*\]-]$/u

export function initTyped (root) {
  const field = root.querySelector('input[data-typed]')
  if (!field) return
  const takesKeys = 'input, select, textarea, button, a[href], summary, [contenteditable]'
  root.addEventListener('keydown', event => {
    const command = event.ctrlKey || event.metaKey || event.altKey || event.isComposing
    if (command || !begins.test(event.key) || root.activeElement?.matches(takesKeys)) return
    field.focus()
    field.select()
  })
}
