// An element with its class, perhaps '', and what it holds.
export function element (tag, className, ...content) {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.append(...content)
  return made
}
